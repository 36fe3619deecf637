// What arrives over the socket is `unknown`. These functions read it without trusting it: a newer
// daemon may leave out, add or change what this client does not need.

export type Fields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asRecords(value: unknown): Fields[] {
  return asList(value).filter(isFields);
}

export function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function asTexts(value: unknown): string[] {
  return asList(value).filter((each) => typeof each === "string");
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
