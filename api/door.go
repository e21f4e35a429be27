package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// WeChat hangs up after 5 s and repeats. The door answers within 4.6 s of a request's headers whatever is stalled behind
// it; the rest of that time is for the way back.
const (
	answerWithin  = 4400 * time.Millisecond
	lookUpWithin  = time.Second
	keepWithin    = 2500 * time.Millisecond // then the spool
	maxCallback   = 256 << 10               // bytes (C20)
	staleAfter    = 10 * time.Minute        // between WeChat's timestamp and our clock (C06)
	perCustomer   = 4                       // callbacks of one conversation on their way at once,
	placeFor      = 80 * time.Millisecond   // and so fifty a second: Temporal ends no run that is signalled without a pause (R20)
	maxUnderWay   = 512                     // callbacks on their way at once; the surplus is told to come again (C28)
	smallCallback = 16 << 10                // bytes; what people write fits, sealed; a body that is longer needs room
	roomForLarge  = 32 << 20                // bytes, for all of those together (R19)
	answerSuccess = "success"
)

// door takes WeChat's callbacks: GET is the check of the server URL, POST brings messages and events. A callback is
// answered with success only once it is kept where no crash can lose it; what is not authentic is refused with an empty
// body; everything else is 503, and WeChat repeats it.
type door struct {
	accounts *doorCache
	inbox    Inbox
	spool    *spool
	records  Records
	now      func() time.Time
	underWay chan struct{}
	room     *room // for the bytes of callbacks above smallCallback
	turns    *turnstile
	runners  runners
	journal  *journal
	notices  *noticeBoard
}

func newDoor(cfg Config, s *spool) *door {
	journal := newJournal(cfg.Log, cfg.Meters)
	return &door{
		accounts: newDoorCache(cfg.Doors, cfg.Now),
		inbox:    cfg.Inbox,
		spool:    s,
		records:  cfg.Records,
		now:      cfg.Now,
		underWay: make(chan struct{}, maxUnderWay),
		room:     newRoom(roomForLarge),
		turns:    s.turns,
		runners:  make(runners),
		journal:  journal,
		notices:  newNoticeBoard(cfg.Records, cfg.Now, journal),
	}
}

func (d *door) register(r *gin.Engine) {
	r.GET(callbackPrefix+":account", d.handler(d.check))
	r.POST(callbackPrefix+":account", d.handler(d.take))
}

// step is what a route of the door does: it returns the body of a 200, or a refusal.
type step func(context.Context, http.ResponseWriter, *http.Request, conversation.AccountID) (string, error)

// handler bounds a request in time, also where the sender hangs up meanwhile, and answers with what the step makes of it.
func (d *door) handler(do step) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), answerWithin)
		defer cancel()
		id := conversation.AccountID(c.Param("account"))
		body, err := do(ctx, c.Writer, c.Request, id)
		answerText(c, d.journal.note(ctx, id, err), body)
	}
}

// check answers WeChat's check of the server URL, which is plain in every mode: the echostr goes back, once the signature
// has proved who asks (C01, C02).
func (d *door) check(ctx context.Context, _ http.ResponseWriter, r *http.Request, id conversation.AccountID) (string, error) {
	account, q, err := d.find(ctx, r, id)
	if err != nil {
		return "", err
	}
	token := signer(account, q.Signature, q.Timestamp, q.Nonce)
	d.notices.put(ctx, account, q, noticeOfToken(token))
	switch {
	case token < 0:
		return "", refuse(http.StatusForbidden, reasonSignature, nil)
	case !wechat.EchoAllowed(q.EchoStr):
		return "", refuse(http.StatusBadRequest, "echostr", nil)
	}
	d.journal.add(ctx, "check")
	return q.EchoStr, nil
}

// take brings a callback to where it is safe. Each step trusts only what the steps before have proved. The body comes last: it
// is what a stranger can make large and slow.
func (d *door) take(ctx context.Context, w http.ResponseWriter, r *http.Request, id conversation.AccountID) (string, error) {
	received := d.now().UTC()
	if len(d.underWay) == cap(d.underWay) { // before anything is spent on it; keep decides
		if r.ContentLength < 0 || r.ContentLength > smallCallback { // a small body is there already, and the connection may stay
			stopReading(w)
		}
		return "", errOverloaded
	}
	account, q, err := d.find(ctx, r, id)
	if err != nil {
		stopReading(w)
		return "", err
	}
	body, leave, err := d.readCallback(w, r)
	defer leave()
	if err != nil {
		return "", err
	}
	l, err := openLetter(account, q, body)
	if err == nil {
		l.deliveryID, l.received = uuid.NewString(), received
		l.stale = received.Sub(q.Time).Abs() > staleAfter
		err = d.keep(ctx, l)
	}
	d.notices.put(ctx, account, q, noticesOf(l, err)...)
	if err != nil {
		return "", err
	}
	return answerSuccess, nil
}

// find reads the query and finds the account by the path's id. A badly shaped id, an unknown account and a disabled one look
// the same from outside (C16), and only the canonical spelling of a path is one (C26).
func (d *door) find(ctx context.Context, r *http.Request, id conversation.AccountID) (conversation.Door, wechat.Query, error) {
	if r.URL.RawPath != "" || !isUUID(string(id)) {
		return conversation.Door{}, wechat.Query{}, refuse(http.StatusNotFound, "unknown-account", nil)
	}
	q, err := wechat.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return conversation.Door{}, q, refuse(http.StatusBadRequest, "query", err)
	}
	account, err := d.accounts.find(ctx, id)
	return account, q, err
}

// answerText is how the door answers: text that no browser takes for anything else.
func answerText(c *gin.Context, status int, body string) {
	c.Header("Content-Type", "text/plain; charset=utf-8")
	c.Status(status)
	c.Writer.WriteHeaderNow()
	_, _ = c.Writer.WriteString(body) // where it fails, the sender is gone and will repeat
}
