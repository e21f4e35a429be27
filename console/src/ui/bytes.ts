const encoder = new TextEncoder();

/** WeChat takes a text of so many bytes, and a note may have so many. */
export const mostReply = 2048;
export const mostNote = 8192;

/** bytesOf counts as the API does: UTF-8, without the spaces at both ends. */
export const bytesOf = (text: string): number => encoder.encode(text.trim()).length;
