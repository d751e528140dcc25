import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { messagesApi } from './messages-api.mjs';
import { responsesApi } from './responses-api.mjs';

/**
 * A stand-in for a model, on loopback: the streaming halves of the OpenAI Responses API and of the Anthropic Messages
 * API, as much of them as the agent CLIs ask for. It records what it was told, and does what the newest message says on
 * lines of its own:
 *
 *     stand-in: delay 5000          says nothing for so many milliseconds
 *     stand-in: lines 80            answers that many lines
 *     stand-in: pace 100            waits so many milliseconds after every line of the answer
 *     stand-in: run sleep 5         runs that command within the agent's sandbox
 *     stand-in: ask touch a.txt     asks to run that command outside of it
 *     stand-in: write a.txt         writes that file, where there is a tool for it
 *     stand-in: question Which way? asks the person, where that is offered
 *     stand-in: say some words      answers these words
 *
 * Any other message is answered by the count of its bytes.
 */
export async function startModelServer({ port = 0, onRequest = () => {} } = {}) {
  const received = [];
  const server = createServer((request, response) => {
    answer(request, response, { received, onRequest }).catch((error) => {
      process.stderr.write(`model server: ${String(error)}\n`);
      response.destroy();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    /** The base of both APIs; that of Responses is this and `/v1`. */
    url: `http://127.0.0.1:${String(server.address().port)}`,
    /** The newest message of the person of every turn that began, oldest first. */
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const APIS = { '/v1/responses': responsesApi, '/v1/messages': messagesApi };

async function answer(request, response, { received, onRequest }) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const api = APIS[new URL(request.url, 'http://stand-in').pathname];
  if (request.method !== 'POST' || api === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: `served here: POST ${Object.keys(APIS).join(', ')}` } }));
    return;
  }
  const asked = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  onRequest(asked);
  const turn = api.read(asked);
  if (turn.kind === 'message') received.push(turn.text);
  const order = orderOf(turn);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const send = (type, fields) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  const write = api.begin(send, String(process.hrtime.bigint()));
  await pause(order.delayMs ?? 0);
  const content = order.call === undefined ? { words: order.words } : { call: offered(order.call, asked.tools ?? []) };
  await write(content, () => (order.paceMs > 0 ? pause(order.paceMs) : undefined));
  response.end();
}

/** What to answer to `message`, `tool` (what a tool gave) or `aside` (a title and the like, beside the conversation). */
function orderOf({ kind, text }) {
  if (kind === 'aside') return { words: '{"title":"Stand-in"}' };
  if (kind === 'tool') return { words: 'The tool was run.' };
  const order = (name) => new RegExp(`^stand-in: ${name} (.+)$`, 'm').exec(text)?.[1];
  const lines = Number(order('lines') ?? 0);
  const counted = `Read ${String(Buffer.byteLength(text))} bytes.`;
  const long = Array.from({ length: lines }, (_, index) => `Line ${String(index + 1)} of the answer.`).join('\n\n');
  return {
    delayMs: Number(order('delay') ?? 0),
    paceMs: Number(order('pace') ?? 0),
    call: callOf(order),
    words: order('say') ?? (lines > 0 ? long : counted),
  };
}

/** The tools have other names and shapes in every CLI: whichever one is offered is called. */
function callOf(order) {
  const question = order('question');
  if (question !== undefined) {
    const questions = [questionOf(question)];
    return { request_user_input: { questions }, AskUserQuestion: { questions } };
  }
  const file = order('write');
  if (file !== undefined) return { Write: { file_path: file, content: 'Written by the stand-in.\n' } };
  const command = order('run') ?? order('ask');
  if (command === undefined) return undefined;
  const outside = { sandbox_permissions: 'require_escalated', justification: 'May I run this outside of the sandbox?' };
  return {
    exec_command: { cmd: command, ...(order('ask') === undefined ? {} : outside) },
    Bash: { command, description: 'Run what was asked for' },
  };
}

function questionOf(question) {
  const options = ['Left', 'Right'].map((label) => ({ label, description: `Go ${label.toLowerCase()}.` }));
  return { id: 'way', header: 'Way', question, options, multiSelect: false };
}

function offered(call, tools) {
  const names = new Set(tools.map((tool) => tool.name));
  const name = Object.keys(call).find((known) => names.has(known));
  if (name === undefined) throw new Error(`none of ${Object.keys(call).join(', ')} among ${[...names].join(', ')}`);
  return { name, input: call[name] };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const log = (asked) => process.stdout.write(`${JSON.stringify(asked)}\n`);
  const { url } = await startModelServer({ port: Number(process.argv[2] ?? 0), onRequest: log });
  process.stderr.write(`model server: ${url}\n`);
}
