/** The OpenAI Responses API. */
export const responsesApi = {
  /** What was asked for: `kind` and the text of the newest message of the person. */
  read(asked) {
    const items = Array.isArray(asked.input) ? asked.input : [{ role: 'user', content: asked.input }];
    const text = textOf(items.findLast((item) => item.role === 'user')?.content ?? '');
    if (asked.text?.format !== undefined) return { kind: 'aside', text };
    return { kind: (items.at(-1)?.type ?? '').endsWith('_call_output') ? 'tool' : 'message', text };
  },

  /** Says that the answer begins; what is returned writes it. */
  begin(send, number) {
    const id = `resp_${number}`;
    send('response.created', { response: { id, status: 'in_progress', output: [] } });
    return async ({ words, call }, pause) => {
      const item = call === undefined ? message(number, words) : functionCall(number, call);
      send('response.output_item.added', { output_index: 0, item: { ...item, content: [] } });
      for (const delta of words?.split(/(?<=\n)/) ?? []) {
        send('response.output_text.delta', { item_id: item.id, output_index: 0, content_index: 0, delta });
        await pause();
      }
      send('response.output_item.done', { output_index: 0, item });
      const usage = { input_tokens: 100, output_tokens: 10, total_tokens: 110 };
      send('response.completed', { response: { id, status: 'completed', output: [item], usage } });
    };
  },
};

const textOf = (content) => (typeof content === 'string' ? content : content.map((part) => part.text ?? '').join(''));

function message(number, words) {
  const content = [{ type: 'output_text', text: words, annotations: [] }];
  return { id: `msg_${number}`, type: 'message', role: 'assistant', status: 'completed', content };
}

function functionCall(number, { name, input }) {
  const call = { call_id: `call_${number}`, name, arguments: JSON.stringify(input) };
  return { id: `fc_${number}`, type: 'function_call', status: 'completed', ...call };
}
