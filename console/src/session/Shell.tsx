import { Button, Menu } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useLink } from "../live/live";
import { useLive } from "../live/store";
import { IconCaret, IconGear, IconKeys, IconLeave, IconPerson } from "../ui/icons";
import { showKeys } from "../ui/KeySheet";
import { clockText } from "../ui/time";
import { PresenceMenu } from "./PresenceMenu";
import { SoundStrip } from "./SoundStrip";
import { useMe } from "./session";
import { signOutOrSay } from "./work";
import "./session.css";

/** Shell is what stays the same on every page inside: how I stand, where I can go, and how the line is. */
export function Shell({ waiting, children }: { waiting: number; children: ReactNode }) {
  const { t } = useTranslation();
  const me = useMe();
  const [at] = useLocation();
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t("app.skip")}
      </a>
      <header className="top">
        <Link className="top-brand" href="/">
          wxdesk
        </Link>
        {me.agent && (
          <nav aria-label={t("nav.main")}>
            <Link href="/desk" aria-current={at === "/desk" || at.startsWith("/desk/c/") ? "page" : undefined}>
              {t("nav.work")}
            </Link>
            <Link href="/desk/open" aria-current={at === "/desk/open" ? "page" : undefined}>
              {t("nav.open")}
              {waiting > 0 && <span className="count num">{waiting}</span>}
            </Link>
          </nav>
        )}
        <span className="top-space" />
        {me.agent && <PresenceMenu />}
        <AccountMenu name={me.name} />
      </header>
      <div className="shell-body">
        <Strips />
        <SoundStrip />
        <main id="main" className="shell-page" tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  );
}

function AccountMenu({ name }: { name: string }) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <button type="button" className="plain top-person" aria-label={`${t("nav.menu")}: ${name}`}>
          <i className="top-face">
            <IconPerson size={20} />
          </i>
          <span>{name}</span>
          <IconCaret size={16} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconGear size={16} />} onClick={() => go("/me")}>
          {t("nav.me")}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeys size={16} />} onClick={() => showKeys(true)} rightSection={<kbd>?</kbd>}>
          {t("nav.keys")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLeave size={16} />} onClick={() => void signOutOrSay(t)}>
          {t("signIn.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Strips say that what is shown may be old, since when, and that it is being mended. */
function Strips() {
  const { t, i18n } = useTranslation();
  const link = useLink();
  const stale = useLive(s => s.stale);
  if (link.state === "broken")
    return (
      <div className="strip" role="status" data-link="broken">
        {t("link.broken", { time: clockText(link.heard, i18n.language, true) })} {t("link.offlineSend")}
      </div>
    );
  if (stale)
    return (
      <div className="strip calm" role="status" data-link="stale">
        {t("link.stale")}
      </div>
    );
  return null;
}

/** Nobody is shown to people for whom there is no page yet. */
export function Nobody() {
  const { t } = useTranslation();
  const me = useMe();
  const [, go] = useLocation();
  return (
    <div className="empty">
      <strong>{t("nobody.title")}</strong>
      <span>{t("nobody.lead", { name: me.name })}</span>
      <Button mt="md" onClick={() => go("/me")}>
        {t("nav.me")}
      </Button>
    </div>
  );
}
