package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// The demo account, the same in the simulator and in the ledger. Its secrets are made by the simulator.
const (
	demoName  = "Demo tea house"
	demoAppID = "wx00000000000000de"
)

// demoFollowers are customers that the phone page offers at once.
var demoFollowers = []struct {
	OpenID string `json:"openid"`
	Name   string `json:"name"`
	Quiet  bool   `json:"quiet"`
}{
	{"oDemo-LiMei-0000000000000001", "李梅", true},
	{"oDemo-Tanaka-000000000000002", "田中", true},
	{"oDemo-Alex-00000000000000003", "Alex", true},
}

// demoFAQ is what the demo account's bot knows.
var demoFAQ = []bot.FAQEntry{
	{Language: "en", Phrase: "hello", Answer: "Hello, and welcome to the tea house! Ask me about opening hours, delivery or returns, or write “human” to reach a colleague."},
	{Language: "en", Phrase: "opening hours", Answer: "We are open every day from 9:00 to 21:00, Beijing time."},
	{Language: "en", Phrase: "delivery", Answer: "Orders before 16:00 leave the same day and take two to three days."},
	{Language: "en", Phrase: "returns", Answer: "You can send unopened tea back within 30 days. We pay the postage."},
	{Language: "zh-CN", Phrase: "你好", Answer: "您好，欢迎光临茶馆！可以问我营业时间、送货或退货，需要同事帮忙请回复“人工”。"},
	{Language: "zh-CN", Phrase: "营业时间", Answer: "我们每天 9:00 到 21:00 营业。"},
	{Language: "zh-CN", Phrase: "送货", Answer: "16:00 前下单当天发货，两到三天送达。"},
	{Language: "zh-CN", Phrase: "退货", Answer: "未拆封的茶叶三十天内可以退货，邮费由我们承担。"},
	{Language: "ja", Phrase: "営業時間", Answer: "毎日 9 時から 21 時まで（北京時間）営業しております。"},
	{Language: "id", Phrase: "jam buka", Answer: "Kami buka setiap hari pukul 9.00–21.00 waktu Beijing."},
}

// demoAccount makes the demo account in the simulator and in the ledger, if it is not there yet, and returns its
// callback URL.
func (d *system) demoAccount(ctx context.Context) (callback string, err error) {
	db, err := d.host.OpenLedger(ctx, d.cfg)
	if err != nil {
		return "", err
	}
	defer db.Close() //nolint:errcheck // nothing is left to be lost

	var sim struct {
		AppSecret      string `json:"app_secret"`
		OriginalID     string `json:"original_id"`
		Token          string `json:"token"`
		EncodingAESKey string `json:"encoding_aes_key"`
	}
	identity := map[string]any{"app_id": demoAppID, "name": demoName, "mode": "safe", "kind": "service"}
	if err := d.simulator(ctx, http.MethodPost, "/accounts", identity, &sim); err != nil {
		return "", err
	}
	id, err := ensureAccount(ctx, db.Accounts, d.host.Operator, account.Account{
		Tenant: conversation.DefaultTenant, Name: demoName, AppID: demoAppID,
		OriginalID: wechat.OriginalID(sim.OriginalID), Mode: wechat.ModeSafe, Kind: account.KindService,
		ReplyMode: account.ReplyActive, Verified: true, Language: conversation.LanguageEnglish,
		TimeZone: account.DefaultTimeZone, IdleClose: account.DefaultIdleClose, BotID: account.DefaultBot,
	}, account.Secrets{
		AppSecret: secret.New(sim.AppSecret), Token: secret.New(sim.Token), EncodingAESKey: secret.New(sim.EncodingAESKey),
	})
	if err != nil {
		return "", err
	}
	if err := db.Accounts.PutFAQEntries(ctx, conversation.DefaultTenant, id, folded(demoFAQ)); err != nil {
		return "", err
	}
	callback = d.cfg.PublicURL + "/wechat/" + string(id)
	change := map[string]any{"callback_url": callback}
	if err := d.simulator(ctx, http.MethodPatch, "/accounts/"+demoAppID, change, nil); err != nil {
		return "", err
	}
	for _, follower := range demoFollowers {
		if err := d.simulator(ctx, http.MethodPost, "/accounts/"+demoAppID+"/followers", follower, nil); err != nil {
			return "", err
		}
	}
	return callback, nil
}

// ensureAccount finds the account by its AppID, or creates it.
func ensureAccount(ctx context.Context, db *accounts.DB, by access.Actor, a account.Account, s account.Secrets) (conversation.AccountID, error) {
	const page = 200
	var after conversation.AccountID
	for {
		found, err := db.ListAccounts(ctx, a.Tenant, after, page)
		if err != nil {
			return "", err
		}
		for _, known := range found {
			if known.AppID == a.AppID {
				return known.ID, nil
			}
			after = known.ID
		}
		if len(found) < page {
			created, err := db.CreateAccount(ctx, by, a, s)
			return created.ID, err
		}
	}
}

func folded(entries []bot.FAQEntry) []bot.FAQEntry {
	out := make([]bot.FAQEntry, len(entries))
	for i, e := range entries {
		out[i] = bot.FAQEntry{Language: e.Language, Phrase: bot.Fold(e.Phrase), Answer: e.Answer}
	}
	return out
}

// simulator calls the simulator's control API.
func (d *system) simulator(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+d.cmd.SimulatorAddr+"/_sim"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the simulator answers %s to %s %s: %s", resp.Status, method, path, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}
