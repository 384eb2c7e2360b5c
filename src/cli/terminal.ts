import { escapeControls } from '../errors.js';

/** The part of an output stream that text is written to. */
export interface TextStream {
  write(text: string): unknown;
}

/**
 * The one way of text to the terminal or a log. File names, answers of servers and JSON of others may be in it: what
 * would steer a terminal or reorder its text is written as an escape, which JSON reads back.
 */
export function writeLine(stream: TextStream, text: string): void {
  stream.write(`${escapeControls(text)}\n`);
}

/** Says on standard error what went wrong or is worth knowing. */
export function tell(text: string): void {
  writeLine(process.stderr, `depthwise: ${text}`);
}
