import "./ui/mantine.css";
import "./ui/theme.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import i18n from "i18next";
import { Component, type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries";
import { Routes } from "./routes";
import { preferred } from "./session/preferences";
import { arrive, useSession } from "./session/session";
import { watchComposition } from "./ui/composition";
import { listenForKeys } from "./ui/keys";
import { schemeManager, theme } from "./ui/theme";
import { refuseMarkup } from "./ui/trusted";
import { languageOf, speak } from "./words/words";

refuseMarkup();
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
setNonce(nonce);
listenForKeys();
watchComposition();
const scheme = schemeManager();

function Console() {
  const { me } = useSession();
  const { theme: wanted } = preferred(me?.preferences);
  return (
    <MantineProvider
      theme={theme}
      getStyleNonce={() => nonce}
      defaultColorScheme="auto"
      forceColorScheme={wanted === "auto" ? undefined : wanted}
      colorSchemeManager={scheme}
      deduplicateCssVariables
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="top-center" autoClose={5000} limit={3} />
        <Routes />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** Shield shows a sentence where a page has failed, instead of nothing. */
class Shield extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="empty" role="alert">
        <strong>{i18n.t("app.broken")}</strong>
        <button type="button" onClick={() => location.reload()}>
          {i18n.t("app.reload")}
        </button>
      </div>
    );
  }
}

void (async () => {
  await speak(languageOf(undefined));
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <Shield>
        <Console />
      </Shield>
    </StrictMode>,
  );
  await arrive();
})();
