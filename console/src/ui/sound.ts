// Tones are made here, without files. A browser allows them after a gesture only.
let context: AudioContext | null = null;
const watchers = new Set<() => void>();

/** unlockSound must be called from a click or a key. */
export async function unlockSound(): Promise<void> {
  if (!("AudioContext" in globalThis)) return;
  context ??= listening(new AudioContext());
  await context.resume().catch(() => undefined);
  for (const changed of watchers) changed();
}

function listening(made: AudioContext): AudioContext {
  made.onstatechange = () => {
    for (const changed of watchers) changed();
  };
  return made;
}

export const soundWorks = (): boolean => context?.state === "running";

export function watchSound(changed: () => void): () => void {
  watchers.add(changed);
  return () => watchers.delete(changed);
}

const every = 4;

/**
 * ring plays two short tones every four seconds for so long. All are scheduled at once on the sound card's clock, because a hidden tab's
 * timers are late. The returned function silences it.
 */
export function ring(seconds: number, volume: number): () => void {
  if (!context || !soundWorks()) return () => {};
  const out = loudness(context, volume);
  const begin = context.currentTime + 0.02;
  for (let at = 0; at < Math.max(every, seconds); at += every) {
    tone(context, out, 784, begin + at, 0.16);
    tone(context, out, 1047, begin + at + 0.2, 0.22);
  }
  return () => out.disconnect();
}

/** tick is a soft sign of a new line in a conversation of one's own. */
export function tick(volume: number): void {
  if (!context || !soundWorks()) return;
  tone(context, loudness(context, volume * 0.35), 1320, context.currentTime + 0.01, 0.05);
}

function loudness(ctx: AudioContext, volume: number): GainNode {
  const out = ctx.createGain();
  out.gain.value = Math.min(1, Math.max(0, volume / 100)) * 0.5;
  out.connect(ctx.destination);
  return out;
}

function tone(ctx: AudioContext, out: AudioNode, pitch: number, at: number, length: number): void {
  const source = ctx.createOscillator();
  const shape = ctx.createGain();
  source.type = "sine";
  source.frequency.value = pitch;
  shape.gain.setValueAtTime(0, at);
  shape.gain.linearRampToValueAtTime(1, at + 0.015);
  shape.gain.exponentialRampToValueAtTime(0.001, at + length);
  source.connect(shape).connect(out);
  source.start(at);
  source.stop(at + length + 0.02);
}
