/** The Anthropic Messages API. */
export const messagesApi = {
  /** What was asked for: `kind` and the text of the newest message of the person. */
  read({ messages, tools = [] }) {
    const parts = messages.findLast((message) => message.role === 'user')?.content ?? '';
    const list = typeof parts === 'string' ? [{ type: 'text', text: parts }] : parts;
    const said = list.filter((part) => part.type === 'text' && !part.text.startsWith('<system-reminder>'));
    const text = said.at(-1)?.text ?? '';
    // Titles and the like are asked for without tools.
    if (tools.length === 0) return { kind: 'aside', text };
    return { kind: list.at(-1)?.type === 'tool_result' ? 'tool' : 'message', text };
  },

  /** Says that the answer begins; what is returned writes it. */
  begin(send, number) {
    const usage = { input_tokens: 100, output_tokens: 10 };
    const head = { id: `msg_${number}`, type: 'message', role: 'assistant', model: 'stand-in', content: [], usage };
    send('message_start', { message: { ...head, stop_reason: null, stop_sequence: null } });
    return async ({ words, call }, pause) => {
      const block =
        call === undefined
          ? { type: 'text', text: '' }
          : { type: 'tool_use', id: `toolu_${number}`, name: call.name, input: {} };
      send('content_block_start', { index: 0, content_block: block });
      const deltas =
        call === undefined
          ? words.split(/(?<=\n)/).map((text) => ({ type: 'text_delta', text }))
          : [{ type: 'input_json_delta', partial_json: JSON.stringify(call.input) }];
      for (const delta of deltas) {
        send('content_block_delta', { index: 0, delta });
        await pause();
      }
      send('content_block_stop', { index: 0 });
      const reason = call === undefined ? 'end_turn' : 'tool_use';
      send('message_delta', { delta: { stop_reason: reason, stop_sequence: null }, usage });
      send('message_stop', {});
    };
  },
};
