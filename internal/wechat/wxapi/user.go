package wxapi

import (
	"context"
	"net/url"
	"time"

	"wxdesk/internal/wechat"
)

// User is what WeChat still tells of a customer: names and pictures are gone since 2021-12-27. Of one who does not follow
// the account only OpenID and UnionID are filled.
type User struct {
	OpenID      wechat.OpenID
	Following   bool
	FollowedAt  time.Time // zero where unknown
	UnionID     string    // "" unless the account is bound to an Open Platform account
	Language    string    // such as zh_CN; documented as no longer filled
	Remark      string    // what the account's people call the customer
	TagIDs      []int64
	Scene       string // how the customer came to follow, such as ADD_SCENE_QR_CODE
	QRScene     int64  // of the QR code, if it has a number
	QRSceneText string // and if it has a text
}

// UserInfo asks about one customer. It fails with an *Error: with Code 40003 if the openid is not one of this account's.
func (c *Client) UserInfo(ctx context.Context, of wechat.Credentials, customer wechat.OpenID) (User, error) {
	const op = "user/info"
	var a struct {
		Subscribe     integer   `json:"subscribe"`
		OpenID        string    `json:"openid"`
		Language      words     `json:"language"`
		SubscribeTime integer   `json:"subscribe_time"`
		UnionID       words     `json:"unionid"`
		Remark        words     `json:"remark"`
		TagIDs        []integer `json:"tagid_list"`
		Scene         words     `json:"subscribe_scene"`
		QRScene       integer   `json:"qr_scene"`
		QRSceneText   words     `json:"qr_scene_str"`
	}
	if err := c.call(ctx, of, request{op: op, query: url.Values{"openid": {string(customer)}, "lang": {"zh_CN"}}}, &a); err != nil {
		return User{}, err
	}
	if a.OpenID != string(customer) || !a.Subscribe.valid {
		return User{}, unclear(op)
	}
	user := User{
		OpenID: customer, Following: a.Subscribe.n != 0, UnionID: string(a.UnionID), Language: string(a.Language), Remark: string(a.Remark),
		Scene: string(a.Scene), QRScene: a.QRScene.n, QRSceneText: string(a.QRSceneText),
	}
	if a.SubscribeTime.valid && a.SubscribeTime.n > 0 {
		user.FollowedAt = time.Unix(a.SubscribeTime.n, 0).UTC()
	}
	for _, tag := range a.TagIDs {
		user.TagIDs = append(user.TagIDs, tag.n)
	}
	return user, nil
}
