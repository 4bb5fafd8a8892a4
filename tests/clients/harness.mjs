// What both bots need: to say what happens, to end when told to, and a picture.

import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

export const { BASE } = process.env;

/** Print one line about something that happened. */
export function tell(event, what = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...what })}\n`);
}

/** End with status 1 and the reason; a bot under test has nothing it may shrug off. */
export function fail(error) {
  process.stderr.write(`${error?.stack ?? JSON.stringify(error)}\n`);
  process.exit(1);
}

/** Call `close` and end once standard input is closed; end with the reason of any error. */
export function untilTold(close) {
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  process.stdin.resume().on('end', async () => {
    await close();
    process.exit(0);
  });
}

export function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A PNG of one colour ([red, green, blue]), `side` pixels wide and high. */
export function png(side, colour) {
  const row = Buffer.concat([Buffer.of(0), Buffer.alloc(3 * side, Buffer.from(colour))]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2], 8);
  const rows = deflateSync(Buffer.concat(Array(side).fill(row)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
