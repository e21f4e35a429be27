import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { commands } from "../../api/commands";
import type { Conversation, Done } from "../../api/model";
import { now } from "../../live/clock";
import { useNames } from "../../live/directory";
import { store, useLive } from "../../live/store";
import { mine, sections } from "../../live/work";
import { IconAside, IconBack, IconCard, IconEnd, IconResume } from "../../ui/icons";
import { keyText, useKey } from "../../ui/keys";
import { act } from "../act";

/** Head names the conversation and has what one does with it. Each act says its key. */
export function Head({
  id,
  conversation: c,
  showCustomer,
}: {
  id: string;
  conversation: Conversation | undefined;
  showCustomer: (() => void) | null;
}) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const name = useNames();
  const agent = useLive(s => s.agent);
  const isMine = c !== undefined && c.agent_id === agent && c.ending === null && c.state !== "closed";
  return (
    <header className="head">
      <ActionIcon
        className="head-back"
        variant="subtle"
        color="gray"
        size={36}
        aria-label={t("nav.back")}
        onClick={() => go("/desk")}
      >
        <IconBack />
      </ActionIcon>
      <div className="head-who">
        <h1>{c?.customer.label ?? " "}</h1>
        <span className="quiet">
          {c && [name("account", c.account_id), name("workstream", c.workstream_id)].filter(Boolean).join(" · ")}
        </span>
      </div>
      <div className="head-acts">
        {c && isMine && <Acts key={id} conversation={c} />}
        {c && c.state === "open" && c.holder === "queue" && !c.offer && <Pick conversation={c} />}
        {showCustomer && (
          <Tooltip label={t("conversation.customer")}>
            <ActionIcon variant="subtle" color="gray" size={36} aria-label={t("conversation.customer")} onClick={showCustomer}>
              <IconCard />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
    </header>
  );
}

function Acts({ conversation: c }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const [busy, setBusy] = useState("");
  const [menu, setMenu] = useState(false);

  async function run(what: string, command: (key: string) => Promise<Done>) {
    setBusy(what);
    const refusal = await act(t, command);
    setBusy("");
    return refusal === null;
  }

  async function end() {
    if (!(await run("end", key => commands.end(c, key)))) return;
    if (store.get().conversations[c.id]?.state === "closed") closed();
    else next();
  }

  async function close() {
    if (await run("close", key => commands.close(c, key))) closed();
  }

  function closed() {
    notifications.show({ message: t("conversation.closedToast") });
    if (!next()) go("/desk");
  }

  /** next opens the customer who waits longest; false where nobody does. */
  function next(): boolean {
    const waits = sections(mine(store.get())).needsAnswer.find(other => other.id !== c.id);
    if (waits) go(`/desk/c/${waits.id}`);
    return waits !== undefined;
  }

  useKey("putAside", () => setMenu(true), c.state === "active");
  useKey("end", () => void (c.state === "wrap_up" ? close() : end()));

  if (c.state === "wrap_up")
    return (
      <Tooltip label={keyText("end")}>
        <Button variant="filled" loading={busy === "close"} onClick={() => void close()} leftSection={<IconEnd size={16} />}>
          {t("conversation.close")}
        </Button>
      </Tooltip>
    );
  return (
    <>
      {c.state === "waiting" ? (
        <Button
          variant="filled"
          loading={busy === "resume"}
          onClick={() => void run("resume", key => commands.resume(c, key))}
          leftSection={<IconResume size={16} />}
        >
          {t("conversation.resume")}
        </Button>
      ) : (
        <Menu opened={menu} onChange={setMenu} position="bottom-end" width={200}>
          <Menu.Target>
            <Button
              className="head-act"
              loading={busy === "aside"}
              leftSection={<IconAside size={16} />}
              title={keyText("putAside")}
            >
              {t("conversation.putAside")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{t("conversation.asideUntil")}</Menu.Label>
            {untils().map(([label, until]) => (
              <Menu.Item key={label} onClick={() => void run("aside", key => commands.putAside(c, until, key))}>
                {t(`conversation.${label}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Tooltip label={keyText("end")}>
        <Button className="head-act" loading={busy === "end"} onClick={() => void end()} leftSection={<IconEnd size={16} />}>
          {t("conversation.end")}
        </Button>
      </Tooltip>
    </>
  );
}

/** untils are the moments at which one may want to see it again; null is when the customer writes. */
function untils(): ["asideWrite" | "aside10" | "aside60" | "asideTomorrow", string | null][] {
  const tomorrow = new Date(now());
  tomorrow.setDate(tomorrow.getDate() + 1);
  tomorrow.setHours(9, 0, 0, 0);
  return [
    ["asideWrite", null],
    ["aside10", new Date(now() + 10 * 60_000).toISOString()],
    ["aside60", new Date(now() + 60 * 60_000).toISOString()],
    ["asideTomorrow", tomorrow.toISOString()],
  ];
}

function Pick({ conversation: c }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  return (
    <Button
      variant="filled"
      loading={busy}
      onClick={async () => {
        setBusy(true);
        await act(t, key => commands.pick(c.id, key));
        setBusy(false);
      }}
    >
      {t("conversation.pick")}
    </Button>
  );
}
