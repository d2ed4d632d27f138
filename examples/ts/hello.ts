// The smallest berryMQ program: no gateway, a follower that is a method.
import { following, type Message, twitter } from "berrymq";

class Logger {
  @following("*:log")
  receiveLog(message: Message) {
    console.log(message.id, message.args[0]);
  }
}

const logger = new Logger(); // followers are held weakly: keep what should go on hearing
await twitter("hello:log", "the berries are ripe");
Object.freeze(logger);
