// What publishes, or shows, what happens outside of programs. Node only: `berrymq/adapters`.
/**
 * Messages about files and time, and notifications of messages. For Node.
 *
 * @module berrymq/adapters
 */
export { DesktopNotifier, type Notification } from "./adapters/desktop-notifier.js";
export { type FileEvent, FileObserver, type FileObserverOptions } from "./adapters/file-observer.js";
export { IntervalTimer } from "./adapters/interval-timer.js";
