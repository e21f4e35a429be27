package simulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"wxdesk/internal/simulator/random"
)

// Ticket is a QR code that the account made, and the scene it stands for.
type Ticket struct {
	AppID   string    `json:"app_id"`
	Ticket  string    `json:"ticket"`
	Scene   string    `json:"scene"`
	At      time.Time `json:"at"`               // simulator's clock
	Expires time.Time `json:"expires,omitzero"` // zero for a permanent one
}

// The limits of qrcode/create (wechat-protocol 7.3).
const (
	maxTicketLife     = 2_592_000 // seconds
	defaultTicketLife = 60        // seconds
	maxLimitSceneID   = 100_000
	maxSceneID        = 1<<32 - 1
	maxScene          = 64 // characters
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

// qrcodeCreate gives a ticket; the phone scans it by say.
func (s *Simulator) qrcodeCreate(c *call) (any, *refusal, change) {
	var q qrRequest
	if refused := decodeCall(c.body, &q); refused != nil {
		return nil, refused, change{}
	}
	scene, temporary, refused := q.scene()
	if refused != nil {
		return nil, refused, change{}
	}
	t := Ticket{AppID: c.account.AppID, Ticket: "gQ" + random.Text(94, random.URLSafe), Scene: scene, At: s.now()}
	answer := map[string]any{"ticket": t.Ticket, "url": "http://weixin.qq.com/q/" + random.Text(22, random.URLSafe)}
	if temporary {
		lives := cmp.Or(q.ExpireSeconds, defaultTicketLife)
		t.Expires = t.At.Add(time.Duration(lives) * time.Second)
		answer["expire_seconds"] = lives
	}
	return answer, nil, change{Ticket: &t}
}

func (q qrRequest) scene() (scene string, temporary bool, refused *refusal) {
	id, str := q.ActionInfo.Scene.ID, q.ActionInfo.Scene.Str
	limit := int64(maxSceneID)
	switch q.ActionName {
	case "QR_SCENE", "QR_STR_SCENE":
		temporary = true
		if q.ExpireSeconds < 0 || q.ExpireSeconds > maxTicketLife {
			return "", true, refuse(codeBadParameter)
		}
	case "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE":
		limit = maxLimitSceneID
	default:
		return "", false, refuse(codeQRAction)
	}
	if q.ActionName == "QR_STR_SCENE" || q.ActionName == "QR_LIMIT_STR_SCENE" {
		if n := len([]rune(str)); n < 1 || n > maxScene {
			return "", temporary, refuse(codeQRScene)
		}
		return str, temporary, nil
	}
	if id < 1 || id > limit {
		return "", temporary, refuse(codeQRScene)
	}
	return strconv.FormatInt(id, 10), temporary, nil
}

// listTickets tells which QR codes hang on the wall: those that are not over, the newest first.
func (s *Simulator) listTickets(r *http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	var items []Ticket
	for _, t := range a.tickets {
		if !t.over(s.now()) {
			items = append(items, t)
		}
	}
	slices.SortFunc(items, func(a, b Ticket) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Ticket, b.Ticket))
	})
	return http.StatusOK, list(items), nil
}

func (t Ticket) over(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// scanned finds what a scan means: the scene of the account's ticket. A scene without a ticket is taken as it is.
func (a *accountState) scanned(in act, now time.Time) (act, error) {
	if in.Kind != "scan" || in.Ticket == "" {
		return in, nil
	}
	t, ok := a.tickets[in.Ticket]
	if !ok {
		return in, notFound("account %s has no such QR code", a.AppID)
	}
	if t.over(now) {
		return in, conflict("this QR code has expired")
	}
	in.Scene = t.Scene
	return in, nil
}
