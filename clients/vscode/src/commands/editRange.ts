// The range of an edit, followed while the document changes around it; plain functions.

/** A range as offsets in a text; undefined once something changed in it. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Change {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** Return where the range is after a change, undefined if the change is in it. */
export function follow(range: Range, change: Change): Range | undefined {
  const changeEnd = change.rangeOffset + change.rangeLength;
  if (changeEnd <= range.start) {
    const shift = change.text.length - change.rangeLength;
    return { start: range.start + shift, end: range.end + shift };
  }
  return change.rangeOffset >= range.end ? range : undefined;
}

/**
 * Return a model's answer as the text that replaces the range.
 *
 * Models like to put code into a fence, and to end it without the line break that the range had.
 */
export function readReplacement(answer: string, original: string): string {
  const fenced = /^\s*(`{3,})[^\n`]*\n([\s\S]*?)\n?\1\s*$/.exec(answer);
  const isFencedBefore = original.trimStart().startsWith("```");
  const text = fenced === null || isFencedBefore ? answer : (fenced[2] ?? "");
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const lineBreak = original.includes("\r\n") ? "\r\n" : "\n";
  return lines.join(lineBreak) + (original.endsWith("\n") ? lineBreak : "");
}
