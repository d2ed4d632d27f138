// Answers what a client said: one request, a batch of them, or what is neither.
import { JsonRpcError } from "jsonrpc-lite";
import type { Refusal } from "../../model/errors.js";
import { readJson, writeJson } from "../json/text.js";
import { errorOf, invalidRequest, methodNotFound, parseError } from "./errors.js";
import type { Host, Invoke } from "./invoker.js";
import { type Id, type RpcRequest, readRequest } from "./request.js";

export interface RpcOptions {
  readonly invokers: ReadonlyMap<string, Invoke>;
  /** Requests in one batch. */
  readonly batch: number;
  readonly refusalOf: (error: unknown) => Refusal;
}

/** What is to be said in return. */
export interface Answer {
  /** undefined = nothing: there were notifications only. */
  readonly text: string | undefined;
  /** False = what the client said was no JSON. */
  readonly readable: boolean;
}

export class Rpc {
  constructor(readonly options: RpcOptions) {}

  /** Requests of a batch begin in their order and go on side by side. */
  async answer(text: string, host: Host): Promise<Answer> {
    let said: unknown;
    try {
      said = readJson(text);
    } catch (error) {
      return { text: writeJson(failed(null, parseError(this.options.refusalOf(error).message))), readable: false };
    }
    const answer = Array.isArray(said) ? await this.#batch(said, host) : await this.#one(said, host);
    return { text: answer === undefined ? undefined : writeJson(answer), readable: true };
  }

  async #batch(said: readonly unknown[], host: Host): Promise<unknown> {
    const most = this.options.batch;
    if (said.length === 0) return failed(null, invalidRequest("a batch holds at least one request"));
    if (said.length > most)
      return failed(null, invalidRequest(`${said.length} requests; a batch holds ${most} at most`));
    const answers = await Promise.all(said.map((each) => this.#one(each, host)));
    const told = answers.filter((answer) => answer !== undefined);
    return told.length > 0 ? told : undefined;
  }

  async #one(said: unknown, host: Host): Promise<unknown> {
    const request = readRequest(said);
    if (request instanceof JsonRpcError) return failed(null, request);
    const answer = await this.#carryOut(request, host);
    return request.id === undefined ? undefined : answer;
  }

  async #carryOut({ id = null, method, params }: RpcRequest, host: Host): Promise<unknown> {
    const invoke = this.options.invokers.get(method);
    if (invoke === undefined)
      return failed(id, methodNotFound(`there is no method ${method.slice(0, 64)}; rpc.discover tells them`));
    try {
      return { jsonrpc: "2.0", result: await invoke(params, host), id };
    } catch (error) {
      return failed(id, errorOf(this.options.refusalOf(error)));
    }
  }
}

function failed(id: Id, { code, message, data }: JsonRpcError): unknown {
  return { jsonrpc: "2.0", error: { code, message, data }, id };
}
