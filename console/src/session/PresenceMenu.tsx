import { Button, Menu, Tooltip } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, got } from "../api/client";
import { useDirectory } from "../live/directory";
import { useLive } from "../live/store";
import { IconCaret, IconLeave } from "../ui/icons";
import { readMe, useMe } from "./session";
import { beginShift, finishShift, orSay } from "./work";

const choices = ["available", "busy", "dnd", "away"] as const;

/** PresenceMenu is the button that starts work, and at work what I show to the distribution and to colleagues. */
export function PresenceMenu() {
  const { t } = useTranslation();
  const me = useMe();
  const told = useLive(s => s.presence);
  const custom = useDirectory().filter(entry => entry.kind === "custom_presence" && !entry.removed);
  const [busy, setBusy] = useState(false);
  const agent = me.agent;
  if (!agent) return null;

  if (!me.shift)
    return (
      <Button
        variant="filled"
        loading={busy}
        onClick={async () => {
          setBusy(true);
          await beginShift(t);
          setBusy(false);
        }}
      >
        {t("presence.start")}
      </Button>
    );

  const presence = told?.presence ?? agent.presence;
  const shown = (told ? told.custom : agent.custom_presence)?.text || t(`presence.${presence}`);
  const choose = (body: { presence: (typeof choices)[number] } | { custom_presence_id: string }) =>
    orSay(t, async () => {
      await got(api.PUT("/v1/agents/{id}/presence", { params: { path: { id: agent.agent_id } }, body }));
      await readMe();
    });

  return (
    <Menu position="bottom-end" width={210}>
      <Menu.Target>
        <button
          type="button"
          className="plain top-presence"
          aria-label={`${t("presence.label")}: ${shown}`}
          data-presence={presence}
        >
          <span className={`dot ${presence}`} aria-hidden="true" />
          <span>{shown}</span>
          <Tooltip label={t("presence.loadLong", { load: agent.load, capacity: agent.capacity })}>
            <span className="quiet num top-load">{t("presence.load", { load: agent.load, capacity: agent.capacity })}</span>
          </Tooltip>
          <IconCaret size={16} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(choice => (
          <Menu.Item
            key={choice}
            leftSection={<span className={`dot ${choice}`} />}
            fw={presence === choice ? 600 : undefined}
            onClick={() => void choose({ presence: choice })}
          >
            {t(`presence.${choice}`)}
          </Menu.Item>
        ))}
        {custom.map(entry => (
          <Menu.Item
            key={entry.id}
            leftSection={<span className="dot" />}
            onClick={() => void choose({ custom_presence_id: entry.id })}
          >
            {entry.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLeave size={16} />} onClick={() => void finishShift(t)}>
          {t("presence.end")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** BackStrip brings back an agent who has missed an offer or is away. */
export function BackStrip() {
  const { t } = useTranslation();
  const me = useMe();
  const told = useLive(s => s.presence);
  const agent = me.agent;
  if (!agent || !me.shift) return null;
  const presence = told?.presence ?? agent.presence;
  if (presence !== "away" && presence !== "inactive" && presence !== "dnd" && presence !== "offline") return null;
  const back = () =>
    orSay(t, async () => {
      await got(
        api.PUT("/v1/agents/{id}/presence", { params: { path: { id: agent.agent_id } }, body: { presence: "available" } }),
      );
      await readMe();
    });
  return (
    <div className="strip" role="status">
      <span>
        {presence === "inactive" ? t("presence.inactiveStrip") : t("presence.awayStrip", { presence: t(`presence.${presence}`) })}
      </span>
      <Button size="compact-sm" onClick={() => void back()}>
        {t("presence.back")}
      </Button>
    </div>
  );
}
