// The official SDKs for JavaScript, asked as their users would: node sdks.mjs URL TOKEN MODELS
// MODELS is JSON, `{"own": NAME, "other": NAME}` for each SDK. Prints one JSON object.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const [url, token, models] = process.argv.slice(2);
const named = JSON.parse(models);
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: token });
const anthropic = new Anthropic({ baseURL: url, apiKey: token });
const messages = [{ role: "user", content: "one two three" }];
const call = [{ role: "user", content: 'call look {"at":"sea"}' }];
const schema = { type: "object", properties: { at: { type: "string" } } };
const found = {};

async function attempt(name, ask) {
  try {
    found[name] = await ask();
  } catch (error) {
    found[name] = `${error.constructor.name} ${error.status}: ${error.message}`;
  }
}

for (const [how, model] of Object.entries(named.openai)) {
  const chat = openai.chat.completions;
  const tools = [{ type: "function", function: { name: "look", parameters: schema } }];
  await attempt(`chat ${how}`, async () => (await chat.create({ model, messages })).choices[0].message.content);
  await attempt(`chat stream ${how}`, async () => {
    const reply = await chat.stream({ model, messages }).finalChatCompletion();
    return reply.choices[0].message.content;
  });
  await attempt(`chat tool ${how}`, async () => {
    const { message } = (await chat.create({ model, messages: call, tools })).choices[0];
    const result = { role: "tool", tool_call_id: message.tool_calls[0].id, content: "seen" };
    return (await chat.create({ model, messages: [...call, message, result], tools })).choices[0].message.content;
  });
  await attempt(`chat cancelled ${how}`, async () => {
    const stream = await chat.create({ model, messages: [{ role: "user", content: "count 5000" }], stream: true });
    for await (const _ of stream) break; // it aborts the request
    return "left";
  });
}
for (const [how, model] of Object.entries(named.responses)) {
  await attempt(`responses ${how}`, async () => (await openai.responses.create({ model, input: "one two three" })).output_text);
  await attempt(`responses stream ${how}`, async () => {
    const reply = await openai.responses.stream({ model, input: "one two three" }).finalResponse();
    return reply.output_text;
  });
}
for (const [how, model] of Object.entries(named.anthropic)) {
  const asked = { model, max_tokens: 100, messages };
  const tools = [{ name: "look", input_schema: schema }];
  await attempt(`messages ${how}`, async () => (await anthropic.messages.create(asked)).content[0].text);
  await attempt(`messages stream ${how}`, async () => (await anthropic.messages.stream(asked).finalMessage()).content[0].text);
  await attempt(`messages tool ${how}`, async () => {
    const first = await anthropic.messages.create({ ...asked, messages: call, tools });
    const used = first.content.find((block) => block.type === "tool_use");
    const result = [{ type: "tool_result", tool_use_id: used.id, content: "seen" }];
    const turns = [...call, { role: "assistant", content: first.content }, { role: "user", content: result }];
    return (await anthropic.messages.create({ ...asked, messages: turns, tools })).content[0].text;
  });
}
await attempt("unknown chat", () => openai.chat.completions.create({ model: "nothing-here", messages }));
await attempt("unknown messages", () => anthropic.messages.create({ model: "nothing-here", max_tokens: 9, messages }));
await attempt("refused chat", () => openai.chat.completions.create({ model: named.failing, messages }));
await attempt("refused messages", () => anthropic.messages.create({ model: named.failing, max_tokens: 9, messages }));
console.log(JSON.stringify(found));
