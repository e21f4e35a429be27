package wxapi

import (
	"context"

	"wxdesk/internal/wechat"
)

// Typing shows the customer that somebody is writing: for 15 s or until the next message. It is refused if the customer
// did nothing in the last 30 s (45080) and while it shows already (45081), neither of which matters. It fails with an
// *Error.
func (c *Client) Typing(ctx context.Context, from wechat.Credentials, to wechat.OpenID) error {
	return c.typing(ctx, from, to, "Typing")
}

// CancelTyping ends what Typing began. It fails with an *Error.
func (c *Client) CancelTyping(ctx context.Context, from wechat.Credentials, to wechat.OpenID) error {
	return c.typing(ctx, from, to, "CancelTyping")
}

func (c *Client) typing(ctx context.Context, from wechat.Credentials, to wechat.OpenID, command string) error {
	return c.call(ctx, from, request{
		op: "message/custom/typing", body: appendObject(nil, "touser", string(to), "command", command),
	}, nil)
}
