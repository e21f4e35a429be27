package admin

import (
	"context"
	"net/netip"

	"wxdesk/api/admin/validation"
	"wxdesk/api/web"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// Platform is WeChat's API, as far as setting up an account needs it. If WeChat refused, the error is or wraps a
// WeChatRefusal.
type Platform interface {
	validation.TokenAPI
	// CallbackIPs asks WeChat from which addresses its callbacks come.
	CallbackIPs(ctx context.Context, c wechat.Credentials) ([]netip.Prefix, error)
}

// callbackView is what an administrator enters in WeChat's console.
type callbackView struct {
	URL         string   `json:"url" doc:"The server address (URL)"`
	IPAllowList []string `json:"ip_allow_list" nullable:"true" doc:"The addresses that our calls come from, for the IP allow list; null where WXDESK_EGRESS_IPS does not say"`
	ModeHint    string   `json:"mode_hint" doc:"Which message encryption method to choose"`
}

func (a *Admin) viewCallback(account account.Account) callbackView {
	return callbackView{
		URL:         a.callbackURL(account.ID),
		IPAllowList: a.cfg.EgressIPs,
		ModeHint:    modeHint(account.Mode),
	}
}

// modeHint names a mode as WeChat's console does.
func modeHint(m wechat.Mode) string {
	switch m {
	case wechat.ModeCompatible:
		return "Choose compatible mode (兼容模式), with the same EncodingAESKey as here."
	case wechat.ModePlain:
		return "Choose plaintext mode (明文模式); a sandbox account knows no other."
	case wechat.ModeSafe:
	}
	return "Choose security mode (安全模式), with the same EncodingAESKey as here."
}

type callbackSources struct {
	Addresses []netip.Prefix `json:"addresses" nullable:"false" doc:"Addresses and networks, as WeChat says at this moment"`
}

// ListCallbackSources asks WeChat, for firewalls in front of the callback. They change: refresh them daily.
func (a *Admin) ListCallbackSources(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*struct{ Body callbackSources }, error) {
	from, err := a.cfg.AccountChecks.Credentials(ctx, web.CallerOf(ctx).Tenant, conversation.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	found, err := a.cfg.Platform.CallbackIPs(ctx, from)
	if err != nil {
		return nil, err
	}
	return &struct{ Body callbackSources }{callbackSources{append([]netip.Prefix{}, found...)}}, nil
}
