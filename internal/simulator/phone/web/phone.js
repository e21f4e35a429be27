// The phone: one customer of one account at a time. It knows the control API under /_sim/ and nothing else. Whatever was said is set
// as text, never as markup.

const $ = (id) => document.getElementById(id);
const state = { atEnd: true, menu: [], accounts: [], customers: [], account: null, customer: null, items: new Map(), typing: false, watch: null, callbacks: 0 };
const settings = { attempts: 3 };

async function call(method, path, body, signal) {
  const answer = await fetch("/_sim/" + path, { method, signal, body: body && JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error);
  return json;
}

const accountPath = () => `accounts/${state.account.app_id}`;
const customerPath = () => `${accountPath()}/followers/${state.customer.openid}`;
const accountName = () => state.account.name || state.account.original_id;
const customerName = (c) => c.name || c.openid.slice(0, 9) + "…";

function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

function avatar(name) {
  const tone = [...name].reduce((hash, c) => (hash * 31 + c.codePointAt(0)) % 9973, 7) % 6;
  return element("span", "avatar tone" + tone, [...name][0]?.toUpperCase() ?? "?");
}

// ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function loadAccounts() {
  state.accounts = (await call("GET", "accounts")).items;
  const [appID, openID] = location.hash.slice(1).split("/");
  state.account = state.accounts.find((a) => a.app_id === (state.account?.app_id ?? appID)) ?? state.accounts[0] ?? null;
  update($("accounts"), state.accounts.map((a) => {
    const option = element("option", "", a.name || a.original_id);
    option.value = a.app_id;
    return option;
  }));
  $("accounts").value = state.account?.app_id ?? "";
  await loadCustomers(openID);
  state.menu = state.account ? (await call("GET", `${accountPath()}/menu`)).button : [];
  drawMenu();
}

async function loadCustomers(openID) {
  state.customers = state.account ? (await call("GET", `${accountPath()}/followers`)).items : [];
  const wanted = openID ?? state.customer?.openid;
  const found = state.customers.find((c) => c.openid === wanted) ?? state.customers[0] ?? null;
  if (found?.openid !== state.customer?.openid || !state.watch) choose(found);
  state.customer = found;
  drawPeople();
}

function choose(customer) {
  state.customer = customer;
  state.items.clear();
  state.atEnd = true;
  state.typing = false;
  state.callbacks = 0;
  $("callbacks").replaceChildren();
  $("people").classList.remove("open");
  state.watch?.abort();
  state.watch = null;
  if (state.account) history.replaceState(null, "", "#" + [state.account.app_id, customer?.openid].filter(Boolean).join("/"));
  drawPeople();
  drawChat();
  if (customer) watch();
}

function drawPeople() {
  update($("customers"), state.customers.map((c) => {
    const button = element("button");
    button.type = "button";
    button.dataset.openid = c.openid;
    button.setAttribute("aria-current", c.openid === state.customer?.openid);
    const who = element("span", "who");
    who.append(element("b", "", customerName(c)), element("small", "", c.blocked ? "blocked" : c.subscribed ? "follows" : "does not follow"));
    button.append(avatar(customerName(c)), who);
    const li = element("li");
    li.append(button);
    return li;
  }));
  $("title").textContent = state.account ? accountName() : "No account yet";
  $("subtitle").textContent = state.customer ? "on " + customerName(state.customer) + "’s phone" : "";
  $("follow").hidden = !state.customer;
  $("follow").textContent = state.customer?.subscribed ? "Unfollow" : "Follow";
  $("follow").classList.toggle("on", !!state.customer?.subscribed);
  $("text").disabled = !state.customer?.subscribed;
  $("more").disabled = !state.customer;
  for (const button of $("tray").children) button.disabled = !state.customer?.subscribed && button.id !== "scan"; // a scan makes one follow
  $("text").placeholder = !state.customer ? "" : state.customer.subscribed ? "Message" : "Follow to write";
  drawSend();
  drawMenu();
}

// ── the chat ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

// watch keeps the screen up to date by long polling until another customer is chosen. A simulator that went away and came back
// knows other revisions, so after an error everything is asked for again.
async function watch() {
  const control = (state.watch = new AbortController());
  let rev = 0;
  let wait = 0;
  while (state.watch === control) {
    try {
      const screen = await call("GET", `${customerPath()}/screen?changed=${rev}&wait=${wait}`, undefined, control.signal);
      if (rev === 0 || screen.rev < rev) state.items.clear();
      for (const item of screen.items) state.items.set(item.n, item);
      rev = screen.rev;
      wait = 25;
      state.typing = screen.typing;
      if (state.customer.subscribed !== screen.subscribed) {
        state.customer.subscribed = screen.subscribed;
        drawPeople();
      }
      drawChat();
      await loadCallbacks(control.signal);
      online(true);
    } catch (error) {
      if (control.signal.aborted) return;
      online(false);
      rev = wait = 0;
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

function online(yes) {
  $("link").textContent = yes ? "live" : "not connected";
  $("link").classList.toggle("off", !yes);
}

const taps = { scancode_push: "Scanned ", scancode_waitmsg: "Scanned ", pic_sysphoto: "Took pictures: ", pic_photo_or_album: "Chose pictures: ", pic_weixin: "Chose pictures: ", location_select: "Chose a place: ", view_miniprogram: "Opened the mini program at " };
const events = { ...taps, subscribe: "You follow this account", unsubscribe: "You no longer follow this account", CLICK: "Menu: ", VIEW: "Opened ", SCAN: "Scanned " };
const pause = 3 * 60 * 1000;

function drawChat() {
  const chat = $("chat");
  const rows = [];
  let before = 0;
  for (const item of [...state.items.values()].sort((a, b) => a.n - b.n)) {
    const at = new Date(item.at);
    if (at - before > pause) rows.push(element("li", "time", timeOf(at)));
    before = at;
    rows.push(drawItem(item));
  }
  if (state.typing) rows.push(drawTyping());
  if (!rows.length) rows.push(element("li", "empty", emptyText()));
  update(chat, rows);
  if (state.atEnd) chat.scrollTop = chat.scrollHeight;
}

// Who reads the end stays there, also when a picture arrives late and makes the chat longer.
$("chat").addEventListener("scroll", () => {
  const chat = $("chat");
  state.atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
});
$("chat").addEventListener("load", () => {
  if (state.atEnd) $("chat").scrollTop = $("chat").scrollHeight;
}, true);

// update replaces only what differs, so that what stands there does not move or flicker.
function update(list, rows) {
  rows.forEach((row, i) => {
    const old = list.children[i];
    if (!old) list.append(row);
    else if (!old.isEqualNode(row)) old.replaceWith(row);
  });
  while (list.children.length > rows.length) list.lastElementChild.remove();
}

function emptyText() {
  if (!state.account) return "“wxdesk dev” makes an account, and so does POST /_sim/accounts.";
  if (!state.customer) return "Add a customer to begin.";
  return "Say hello.";
}

function drawItem(item) {
  if (item.from === "wechat") return element("li", "line notice", item.text);
  if (item.kind in events) return element("li", "line", events[item.kind] + (item.kind.endsWith("subscribe") ? "" : item.text));
  const mine = item.from === "customer";
  const li = element("li", mine ? "said mine" : "said");
  li.append(avatar(mine ? customerName(state.customer) : item.as ?? accountName()), captioned(drawBubble(item), item));
  if (mine) li.append(drawState(item));
  return li;
}

// captioned says above a bubble which colleague speaks for the account, and below it, in WeChat's words, that a program wrote it.
function captioned(bubble, item) {
  if (!item.as && !item.ai) return bubble;
  const column = element("div", "captioned");
  if (item.as) column.append(element("small", "", item.as));
  column.append(bubble);
  if (item.ai) column.append(element("small", "", "内容由第三方AI生成"));
  return column;
}

// drawBubble shows a message as WeChat does, each kind in its own way.
function drawBubble(item) {
  return (bubbles[item.kind] ?? drawText)(item, item.fields ?? {});
}

const bubbles = {
  image: (item) => pictureOr(item, "Picture that is not in the media store"),
  voice: () => drawVoice(),
  video: drawFilm,
  shortvideo: drawFilm,
  location: (item, fields) => {
    const bubble = drawSheet(item.text || "A place", `${fields.Location_X}, ${fields.Location_Y}`);
    bubble.append(element("span", "map"));
    return bubble;
  },
  link: (item, fields) => drawSheet(item.text, fields.Description || fields.Url, "", "Link", fields.Url),
  music: (item, fields) => drawSheet(item.text || "A song", fields.description ?? fields.Description ?? "", item.picture, "Music", fields.musicurl ?? fields.MusicUrl),
  news: drawNews,
  mpnewsarticle: (item, fields) => drawSheet("Published article", fields.article_id, "", "Article"),
  mpnews: (item, fields) => drawSheet("Article of the account’s material", fields.media_id, "", "Article"),
  miniprogrampage: (item, fields) => drawSheet(item.text || "Mini program", fields.pagepath ?? "", item.picture, "Mini program"),
  template: (item, fields) => {
    const [title, ...rest] = item.text.split("\n");
    const bubble = drawSheet(title, "", undefined, fields.url || fields.appid ? "Details" : "Service notice", fields.url);
    bubble.classList.add("notice");
    bubble.querySelector(".top").after(rest.join("\n"));
    return bubble;
  },
  msgmenu: drawChoices,
  raw: () => drawSheet("Raw XML", "a document written by hand"),
};

function pictureOr(item, words) {
  if (!item.picture) return element("div", "bubble", words);
  const bubble = element("div", "bubble picture");
  bubble.append(image(item.picture, "Picture"));
  return bubble;
}

function image(path, alt) {
  const img = element("img");
  img.src = path;
  img.alt = alt;
  return img;
}

// thumb shows a picture only where this page may load it: from the simulator. Others are a plain tile.
function thumb(address) {
  const ours = address?.startsWith(location.origin + "/") || address?.startsWith("/_sim/");
  return ours ? image(address, "") : element("span", "blank");
}

function drawVoice() {
  const bubble = element("div", "bubble voice");
  bubble.append($("wave").content.cloneNode(true), "Voice");
  return bubble;
}

function drawFilm(item) {
  const bubble = element("div", "bubble picture film");
  bubble.append(thumb(item.picture));
  if (item.text) bubble.append(element("b", "", item.text));
  bubble.classList.toggle("titled", !!item.text);
  return bubble;
}

// drawSheet is a card: a title, some words, a little picture unless it is undefined, and what kind of thing it is.
function drawSheet(title, words, picture, kind, address) {
  const bubble = linkTo("bubble sheet", address);
  const top = element("div", "top");
  const said = element("div");
  said.append(element("b", "", title));
  if (words) said.append(element("p", "", words));
  top.append(said);
  if (picture !== undefined) top.append(thumb(picture));
  bubble.append(top);
  if (kind) bubble.append(element("small", "", kind));
  return bubble;
}

// linkTo opens web pages only, and elsewhere.
function linkTo(className, address) {
  if (!/^https?:\/\//i.test(address ?? "")) return element("div", className);
  const a = element("a", className);
  a.href = address;
  a.target = "_blank";
  a.rel = "noreferrer noopener";
  return a;
}

function drawNews(item) {
  const articles = item.articles ?? [{ title: item.text }];
  if (articles.length === 1) {
    const [a] = articles;
    return drawSheet(a.title, a.description, a.pic_url ?? "", "Article", a.url);
  }
  const bubble = element("div", "bubble sheet");
  for (const a of articles) {
    const entry = linkTo("entry", a.url);
    entry.append(element("b", "", a.title), thumb(a.pic_url));
    bubble.append(entry);
  }
  return bubble;
}

function drawChoices(item) {
  const bubble = element("div", "bubble");
  if (!item.menu) return drawText(item);
  const list = element("div", "choices");
  for (const c of item.menu.list) list.append(choice(c.content, { text: c.content, menu_id: c.id }));
  bubble.append(item.menu.head, list, item.menu.tail);
  return bubble;
}

// choice is what can be tapped inside a message; a click anywhere in the chat finds it.
function choice(label, body) {
  const button = element("button", "choice", label);
  button.type = "button";
  button.dataset.act = JSON.stringify(body);
  return button;
}

// drawText shows a text. In the account's texts links can be tapped, and so can WeChat's hidden form of a menu in a text.
function drawText(item) {
  const bubble = element("div", "bubble");
  if (item.from !== "account") {
    bubble.textContent = item.text;
    return bubble;
  }
  let end = 0;
  for (const found of item.text.matchAll(/<a\s[^>]*?href="([^"]*)"[^>]*>([^<]*)<\/a>/gi)) {
    bubble.append(item.text.slice(end, found.index), anchor(found[1], found[2]));
    end = found.index + found[0].length;
  }
  bubble.append(item.text.slice(end));
  return bubble;
}

function anchor(address, label) {
  if (address.startsWith("weixin://bizmsgmenu?")) {
    const query = new URLSearchParams(address.slice(address.indexOf("?")));
    return choice(label, { text: query.get("msgmenucontent") || label, menu_id: query.get("msgmenuid") ?? "" });
  }
  const a = linkTo("", address);
  a.append(label);
  return a;
}

// drawState is the tick beside an own message: whether the account's server has taken it.
function drawState(item) {
  const words = { accepted: "accepted by the account’s server", replied: "answered by the account’s server", failed: "the account’s server failed" };
  const signs = { accepted: "✓", replied: "✓", failed: "!" };
  const waiting = item.attempts > 1 ? `${item.attempts}/${settings.attempts}` : "…";
  const e = element("span", "state " + (item.verdict ?? ""), signs[item.verdict] ?? waiting);
  e.title = words[item.verdict] ?? `attempt ${item.attempts ?? 1}`;
  return e;
}

function drawTyping() {
  const li = element("li", "said typing");
  const bubble = element("div", "bubble");
  bubble.append(element("i"), element("i"), element("i"));
  li.append(avatar(accountName()), bubble);
  return li;
}

function timeOf(at) {
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  return at.toDateString() === new Date().toDateString() ? time : at.toLocaleDateString([], { month: "short", day: "numeric" }) + ", " + time;
}

// ── what WeChat saw ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const kept = 60;

async function loadCallbacks(signal) {
  const answer = await call("GET", `${accountPath()}/callbacks?after=${state.callbacks}&openid=${state.customer.openid}`, undefined, signal);
  state.callbacks = answer.next;
  $("callbacks").prepend(...answer.items.slice(-kept).reverse().map((a) => {
    const li = element("li");
    li.append(element("span", "", a.kind), element("span", "verdict " + a.verdict, a.verdict));
    li.append(element("small", "", `${a.copy ? "copy of " : ""}…${a.msg_id.slice(-6)}, attempt ${a.attempt}`), element("small", "", `${a.status || "–"} · ${a.took_ms} ms`));
    const why = [a.reason, ...(a.faults ?? []).map((f) => "fault: " + f)].filter(Boolean).join("; ");
    if (why) li.append(element("small", "reason", why));
    return li;
  }));
  while ($("callbacks").children.length > kept) $("callbacks").lastElementChild.remove();
}

// ── what the customer does ───────────────────────────────────────────────────────────────────────────────────────────────────────

async function act(body) {
  try {
    await call("POST", `${customerPath()}/say`, body);
    $("chat").scrollTop = $("chat").scrollHeight;
    return true;
  } catch (error) {
    say(error);
    return false;
  }
}

// say shows a mistake where the customer's eyes are; it is not part of the conversation.
function say(error) {
  $("chat").append(element("li", "line notice", error.message));
  $("chat").scrollTop = $("chat").scrollHeight;
}

function drawSend() {
  $("send").disabled = !$("text").value.trim() || $("text").disabled;
  $("text").rows = Math.min(5, $("text").value.split("\n").length);
}

$("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  drawSend();
  if (!(await act({ text }))) $("text").value ||= text;
  drawSend();
});
$("text").addEventListener("input", drawSend);
$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
});
$("more").addEventListener("click", () => {
  $("tray").hidden = !$("tray").hidden;
  $("more").setAttribute("aria-expanded", !$("tray").hidden);
  $("chat").scrollTop = $("chat").scrollHeight;
});
$("tray").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.act) act(JSON.parse(button.dataset.act));
});
$("chat").addEventListener("click", (event) => {
  const tapped = event.target.closest("button[data-act]");
  if (tapped) act(JSON.parse(tapped.dataset.act));
});

// ── the account's menu ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function drawMenu() {
  $("menu").hidden = !state.menu.length || !state.customer?.subscribed;
  const open = [...$("menu").children].findIndex((e) => e.querySelector("ul:not([hidden])"));
  update($("menu"), state.menu.map((b, i) => {
    const cell = element("div");
    const top = element("button", "", b.name);
    top.type = "button";
    cell.append(top);
    if (!b.sub_button.length) {
      top.dataset.entry = JSON.stringify(b);
      return cell;
    }
    top.setAttribute("aria-haspopup", "true");
    top.setAttribute("aria-expanded", i === open);
    const list = element("ul");
    list.hidden = i !== open;
    for (const s of b.sub_button) {
      const entry = element("button", "", s.name);
      entry.type = "button";
      entry.dataset.entry = JSON.stringify(s);
      const li = element("li");
      li.append(entry);
      list.append(li);
    }
    cell.append(list);
    return cell;
  }));
}

function closeMenu() {
  for (const list of $("menu").querySelectorAll("ul")) list.hidden = true;
  for (const top of $("menu").querySelectorAll("[aria-haspopup]")) top.setAttribute("aria-expanded", "false");
}

// tap does what a phone does for each type of entry. What needs material of the account opens nothing here.
function tap(entry) {
  const { type, key, url, name } = entry;
  if (type === "click") return act({ kind: "click", key });
  if (type === "view") return act({ kind: "view", url });
  if (type === "miniprogram") return act({ kind: "miniprogram", key: entry.pagepath });
  if (type.startsWith("scancode_")) return askScan(name, (scan_result) => act({ kind: type, key, scan_result }));
  if (type === "pic_sysphoto") return act({ kind: type, key });
  if (type.startsWith("pic_")) return choosePicture((media_id) => act({ kind: type, key, media_ids: [media_id] }));
  if (type === "location_select") return askPlace((place) => act({ kind: type, key, ...place }));
  say(new Error(`“${name}” shows material of the account, which the simulator does not keep.`));
}

$("menu").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const list = button.nextElementSibling;
  const opening = list?.hidden;
  closeMenu();
  if (opening) {
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
  }
  if (button.dataset.entry) tap(JSON.parse(button.dataset.entry));
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("#menu")) closeMenu();
});

// ── what asks first ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

// ask opens a sheet with a list to choose from and fields to fill; done gets the fields' values.
function ask(title, go, choices, fields, done) {
  $("sheet-title").textContent = title;
  $("sheet-go").textContent = go;
  $("sheet-list").replaceChildren(...choices.map(({ label, hint, chosen }) => {
    const button = element("button", "", label);
    button.type = "button";
    if (hint) button.append(element("small", "", hint));
    button.addEventListener("click", () => {
      $("sheet").close();
      chosen();
    });
    return button;
  }));
  $("sheet-fields").replaceChildren(...fields.map(({ name, label, value }) => {
    const input = element("input");
    input.name = name;
    input.value = value;
    input.required = true;
    const field = element("label", "", label);
    field.append(input);
    return field;
  }));
  $("sheet-form").onsubmit = () => done(Object.fromEntries(new FormData($("sheet-form"))));
  $("sheet").showModal();
}

$("sheet-cancel").addEventListener("click", () => $("sheet").close());

function askPlace(done) {
  const fields = [{ name: "label", label: "Address", value: "上海市黄浦区人民大道" }, { name: "latitude", label: "Latitude", value: "31.2304" }, { name: "longitude", label: "Longitude", value: "121.4737" }];
  ask("Send a location", "Send", [], fields, ({ label, latitude, longitude }) => done({ label, latitude: Number(latitude), longitude: Number(longitude), scale: 15 }));
}

function askScan(title, done) {
  ask(title, "Scan", [], [{ name: "result", label: "What the code says", value: "goods-7" }], ({ result }) => done(result));
}

// scan offers the account's QR codes, and any scene.
async function scan() {
  try {
    const tickets = (await call("GET", `${accountPath()}/qrcodes`)).items;
    const choices = tickets.map((t) => ({
      label: t.scene, hint: t.expires ? "until " + timeOf(new Date(t.expires)) : "permanent", chosen: () => act({ kind: "scan", ticket: t.ticket }),
    }));
    ask("Scan a QR code", "Scan", choices, [{ name: "scene", label: choices.length ? "Or a code with this scene" : "A code with this scene", value: "shop-7" }], ({ scene }) => act({ kind: "scan", scene }));
  } catch (error) {
    say(error);
  }
}

// chooseFile lets the customer choose a file of this computer, puts it into the media store and says it by its id.
function chooseFile(accept, done) {
  $("file").accept = accept;
  $("file").value = "";
  $("file").onchange = async () => {
    const file = $("file").files[0];
    if (!file) return;
    try {
      const kind = file.type.startsWith("video/") ? "video" : file.type.startsWith("image/") ? "image" : "voice";
      const answer = await fetch(`/_sim/${accountPath()}/media?kind=${kind}`, { method: "POST", body: file });
      const medium = await answer.json();
      if (!answer.ok) throw new Error(medium.error);
      done(medium.media_id, kind);
    } catch (error) {
      say(error);
    }
  };
  $("file").click();
}

const choosePicture = (done) => chooseFile("image/png,image/jpeg,image/gif", done);

$("album").addEventListener("click", () => chooseFile("image/png,image/jpeg,image/gif,audio/mpeg,.amr,video/mp4", (media_id, kind) => act({ kind, media_id })));
$("place").addEventListener("click", () => askPlace((place) => act({ kind: "location", ...place })));
$("scan").addEventListener("click", scan);

$("follow").addEventListener("click", async () => {
  try {
    if (state.customer.subscribed) await call("DELETE", customerPath());
    else await call("POST", `${accountPath()}/followers`, { openid: state.customer.openid });
    await loadCustomers();
  } catch (error) {
    say(error);
  }
});
$("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!state.account) return;
  try {
    const customer = await call("POST", `${accountPath()}/followers`, { name: $("name").value.trim() || "Customer " + (state.customers.length + 1) });
    $("name").value = "";
    await loadCustomers(customer.openid);
  } catch (error) {
    say(error);
  }
});
$("accounts").addEventListener("change", async () => {
  state.account = state.accounts.find((a) => a.app_id === $("accounts").value);
  choose(null);
  await loadCustomers("");
});
$("customers").addEventListener("click", (event) => {
  const openID = event.target.closest("button")?.dataset.openid;
  const customer = state.customers.find((c) => c.openid === openID);
  if (customer) choose(customer);
});
$("show-people").addEventListener("click", () => $("people").classList.add("open"));
$("hide-people").addEventListener("click", () => $("people").classList.remove("open"));

// ── begin ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function tick() {
  $("clock").textContent = timeOf(new Date());
}

async function refresh() {
  try {
    await loadAccounts();
    settings.attempts = (await call("GET", "settings")).attempts;
    online(true);
  } catch {
    online(false);
  }
}

tick();
setInterval(tick, 5000);
setInterval(refresh, 4000);
await refresh();
