import { Button } from "@mantine/core";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation } from "../../api/model";
import { useWhen } from "../../live/clock";
import { useLink } from "../../live/live";
import { usePreferred } from "../../session/preferences";
import { allowanceSays } from "../../ui/allowance";
import { bytesOf, mostNote, mostReply } from "../../ui/bytes";
import { composing, sinceComposition } from "../../ui/composition";
import { enterDoes } from "../../ui/enter";
import { IconSend } from "../../ui/icons";
import { keyText, useKey } from "../../ui/keys";
import { draftOf, type Mode, setDraft, useDraft, write } from "./drafts";
import { Meter } from "./Meter";
import type { Pending } from "./outbox";
import { outbox, usePendings } from "./post";

const mostHeight = 200;

/**
 * Composer is where one writes. The field is the browser's own: nothing that arrives changes its text or its focus, least of all while an
 * input method is at work.
 */
export function Composer({ conversation: c, mayReply }: { conversation: Conversation; mayReply: boolean }) {
  const { t } = useTranslation();
  const draft = useDraft(c.id);
  const mode: Mode = mayReply ? draft.mode : "note";
  const { sendKey } = usePreferred();
  const field = useRef<HTMLTextAreaElement>(null);
  const [bytes, setBytes] = useState(() => bytesOf(draft[mode]));
  const pending = usePendings().filter(p => p.conversation === c.id && p.kind === "reply" && mayCount(p)).length;
  const waiting = outbox.of(c.id).filter(p => p.state === "queued" || p.state === "retrying").length;
  const line = useLink();
  const most = mode === "reply" ? mostReply : mostNote;
  const mayWrite = useWhen(now => allowanceSays(c.reply_allowance, now, pending).kind === "open");
  const refused = mode === "reply" && !mayWrite;
  const ready = bytes > 0 && bytes <= most && !refused;

  // What others put into the draft is shown; what is typed is there already.
  useLayoutEffect(() => {
    const f = field.current;
    if (!f || composing()) return;
    const text = draftOf(c.id)[mode];
    if (f.value !== text) f.value = text;
    setBytes(bytesOf(text));
    grow(f);
  }, [c.id, mode, draft.put]);

  useKey("reply", () => choose("reply"), mayReply);
  useKey("note", () => choose("note"));

  function choose(next: Mode) {
    setDraft(c.id, { mode: next, trouble: "" });
    requestAnimationFrame(() => field.current?.focus());
  }

  function typed() {
    const f = field.current!;
    // Who has begun a note goes on writing it, also where the customer writes meanwhile and a reply would be possible.
    if (draftOf(c.id).mode !== mode) setDraft(c.id, { [mode]: f.value, mode });
    else write(c.id, mode, f.value);
    setBytes(bytesOf(f.value));
    grow(f);
  }

  function send() {
    const f = field.current!;
    const text = f.value.trim();
    if (!ready || text === "") return;
    outbox.add(c.id, mode, text);
    f.value = "";
    setDraft(c.id, { [mode]: "", trouble: "" });
    f.focus();
  }

  function pressed(event: KeyboardEvent<HTMLTextAreaElement>) {
    const e = event.nativeEvent;
    const does = enterDoes(e, sendKey, sinceComposition(e));
    if (does === "send" || (does === "held" && !e.isComposing && e.keyCode !== 229)) event.preventDefault();
    if (does === "send") send();
  }

  return (
    <div className={`composer ${mode}`}>
      <div className="composer-top">
        <div role="tablist" className="composer-modes">
          {mayReply && <ModeTab name="reply" now={mode} choose={choose} />}
          <ModeTab name="note" now={mode} choose={choose} />
        </div>
        {mode === "reply" && <Meter of={c.reply_allowance} pending={pending} />}
        {!mayReply && <span className="quiet">{t(c.state === "wrap_up" ? "composer.wrapUpNote" : "composer.notActive")}</span>}
      </div>
      <textarea
        ref={field}
        data-composer={mode}
        className={`composer-field ${refused ? "refused" : ""}`}
        rows={2}
        aria-label={t(mode === "reply" ? "composer.label" : "composer.labelNote")}
        aria-describedby="composer-help"
        placeholder={refused ? "" : t(mode === "reply" ? "composer.placeholder" : "composer.placeholderNote")}
        onInput={typed}
        onKeyDown={pressed}
      />
      <div className="composer-bottom" id="composer-help">
        <span className="composer-help">
          {draft.trouble ? (
            <span className="composer-trouble" role="alert">
              {draft.trouble}
            </span>
          ) : bytes > most ? (
            <span className="composer-trouble">{t("composer.tooLong", { over: bytes - most })}</span>
          ) : line.state === "broken" && waiting > 0 ? (
            t("composer.queued", { count: waiting })
          ) : refused ? null : (
            <span className="composer-keys">
              {t(sendKey === "enter" ? "composer.sendEnter" : "composer.sendCtrl")} ·{" "}
              {t(sendKey === "enter" ? "composer.newLineEnter" : "composer.newLineCtrl")}
            </span>
          )}
        </span>
        <span className={`num composer-bytes ${bytes > most ? "over" : ""}`}>{t("composer.bytes", { used: bytes, most })}</span>
        <Button
          variant={mode === "reply" ? "filled" : "default"}
          disabled={!ready}
          onClick={send}
          leftSection={mode === "reply" ? <IconSend size={15} /> : undefined}
        >
          {t(mode === "reply" ? "composer.send" : "composer.saveNote")}
        </Button>
      </div>
    </div>
  );
}

function ModeTab({ name, now: current, choose }: { name: Mode; now: Mode; choose: (mode: Mode) => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      role="tab"
      aria-selected={name === current}
      className="plain composer-mode"
      title={keyText(name)}
      onClick={() => choose(name)}
    >
      {t(`composer.${name}`)}
    </button>
  );
}

/** mayCount: WeChat may count what is under way. What certainly was not sent it does not. */
function mayCount(p: Pending): boolean {
  return p.state !== "answered" && p.state !== "stuck";
}

/** grow makes the field as high as its text, up to a third of the pane. */
function grow(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  field.style.height = `${Math.min(mostHeight, field.scrollHeight + 2)}px`;
}

/** useComposerReset forgets the trouble of a conversation when one leaves it. */
export function useComposerReset(id: string): void {
  useEffect(() => () => void (draftOf(id).trouble && setDraft(id, { trouble: "" })), [id]);
}
