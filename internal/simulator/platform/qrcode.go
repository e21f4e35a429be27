package platform

import (
	"cmp"
	"strconv"
	"time"

	"wxdesk/internal/simulator/random"
	"wxdesk/internal/simulator/state"
)

// The limits of qrcode/create (wechat-protocol 7.3).
const (
	maxTicketLifetime     = 2_592_000 // seconds
	defaultTicketLifetime = 60        // seconds
	maxLimitSceneID       = 100_000
	maxSceneID            = 1<<32 - 1
	maxScene              = 64 // characters
)

type qrRequest struct {
	ExpireSeconds int    `json:"expire_seconds"`
	ActionName    string `json:"action_name"`
	ActionInfo    struct {
		Scene struct {
			ID  int64  `json:"scene_id"`
			Str string `json:"scene_str"`
		} `json:"scene"`
	} `json:"action_info"`
}

// qrcodeCreate gives a ticket, which a customer's phone can scan.
func (p *API) qrcodeCreate(c *call) result {
	var q qrRequest
	if refusal := decode(c.body, &q); refusal != nil {
		return refused(refusal)
	}
	scene, refusal := q.scene()
	if refusal != nil {
		return refused(refusal)
	}
	t := state.Ticket{AppID: c.account.AppID, Ticket: "gQ" + random.Text(94, random.URLSafe), Scene: scene, At: p.store.Now()}
	answer := map[string]any{"ticket": t.Ticket, "url": "http://weixin.qq.com/q/" + random.Text(22, random.URLSafe)}
	if q.temporary() {
		lives := cmp.Or(q.ExpireSeconds, defaultTicketLifetime)
		t.Expires = t.At.Add(time.Duration(lives) * time.Second)
		answer["expire_seconds"] = lives
	}
	return answered(answer, state.Change{Ticket: &t})
}

func (q qrRequest) temporary() bool {
	return q.ActionName == "QR_SCENE" || q.ActionName == "QR_STR_SCENE"
}

// scene judges the request and returns the scene that the QR code stands for.
func (q qrRequest) scene() (string, *APIError) {
	if q.temporary() && (q.ExpireSeconds < 0 || q.ExpireSeconds > maxTicketLifetime) {
		return "", refuse(codeBadParameter)
	}
	switch q.ActionName {
	case "QR_SCENE":
		return q.numberedScene(maxSceneID)
	case "QR_LIMIT_SCENE":
		return q.numberedScene(maxLimitSceneID)
	case "QR_STR_SCENE", "QR_LIMIT_STR_SCENE":
		return q.namedScene()
	}
	return "", refuse(codeQRAction)
}

func (q qrRequest) numberedScene(limit int64) (string, *APIError) {
	id := q.ActionInfo.Scene.ID
	if id < 1 || id > limit {
		return "", refuse(codeQRScene)
	}
	return strconv.FormatInt(id, 10), nil
}

func (q qrRequest) namedScene() (string, *APIError) {
	name := q.ActionInfo.Scene.Str
	if n := len([]rune(name)); n < 1 || n > maxScene {
		return "", refuse(codeQRScene)
	}
	return name, nil
}
