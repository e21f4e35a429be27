package callback

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"wxdesk/api/web"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// Prefix begins the path of every callback URL; the account's id follows.
const Prefix = "/wechat/"

// AnswerSuccess is the body that tells WeChat that a callback was taken.
const AnswerSuccess = "success"

// Endpoint takes WeChat's callbacks: GET is the check of the server URL, POST brings messages and events. A callback is answered
// with success only after Temporal or Postgres has stored it. A callback that is not authentic is rejected with an empty body.
// Everything else is answered 503, and WeChat repeats it.
type Endpoint struct {
	accounts    *accountCache
	inbox       Inbox
	spool       *spool
	records     Records
	now         func() time.Time
	underWay    chan struct{}
	largeBodies *byteLimit      // above smallCallback
	perCustomer *web.KeyLimiter // by conversation
	workers     workers
	outcomes    *outcomes
	setupChecks *setupChecks
}

// New sets up the endpoint.
func New(cfg Config) *Endpoint {
	perCustomer := web.NewKeyLimiter(atOncePerCustomer, pausePerCustomer)
	spool := newSpool(cfg, perCustomer)
	spool.measure(cfg.Meters)
	outcomes := newOutcomes(cfg.Log, cfg.Meters)
	return &Endpoint{
		accounts:    newAccountCache(cfg.Accounts, cfg.Now),
		inbox:       cfg.Inbox,
		spool:       spool,
		records:     cfg.Records,
		now:         cfg.Now,
		underWay:    make(chan struct{}, maxUnderWay),
		largeBodies: newByteLimit(largeCallbackBytes),
		perCustomer: perCustomer,
		workers:     make(workers),
		outcomes:    outcomes,
		setupChecks: newSetupChecks(cfg.Records, cfg.Now, cfg.Log),
	}
}

// Register adds the endpoint's routes.
func (e *Endpoint) Register(r *gin.Engine) {
	r.GET(Prefix+":account", e.handler(e.check))
	r.POST(Prefix+":account", e.handler(e.take))
}

// Run hands over what waits in the spool until ctx ends.
func (e *Endpoint) Run(ctx context.Context) { e.spool.run(ctx) }

// SetProcesses tells how many API processes share the rate of one customer's callbacks, this one included.
func (e *Endpoint) SetProcesses(n int) { e.perCustomer.SetProcesses(n) }

// step is what a route of the endpoint does: it returns the body of a 200, or a rejection.
type step func(context.Context, http.ResponseWriter, *http.Request, conversation.AccountID) (string, error)

// handler gives a request a time limit, also if the sender hangs up meanwhile, and answers with what the step returns.
func (e *Endpoint) handler(do step) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), answerWithin)
		defer cancel()
		id := conversation.AccountID(c.Param("account"))
		body, err := do(ctx, c.Writer, c.Request, id)
		AnswerText(c, e.outcomes.end(ctx, id, err), body)
	}
}

// check answers WeChat's check of the server URL, which is plain in every mode. It returns the echostr if the signature is right
// (C01, C02).
func (e *Endpoint) check(ctx context.Context, _ http.ResponseWriter, r *http.Request, id conversation.AccountID) (string, error) {
	account, q, err := e.find(ctx, r, id)
	if err != nil {
		return "", err
	}
	token := signingToken(account, q.Signature, q.Timestamp, q.Nonce)
	e.setupChecks.record(ctx, account, q, recordOfToken(token))
	switch {
	case token < 0:
		return "", reject(http.StatusForbidden, reasonSignature, nil)
	case !wechat.EchoAllowed(q.EchoStr):
		return "", reject(http.StatusBadRequest, "echostr", nil)
	}
	e.outcomes.count(ctx, "check")
	return q.EchoStr, nil
}

// take verifies a callback and makes it durable. Each step trusts only what the steps before it have proved. The body is read last,
// because a stranger can make it large and slow.
func (e *Endpoint) take(ctx context.Context, w http.ResponseWriter, r *http.Request, id conversation.AccountID) (string, error) {
	received := e.now().UTC()
	if len(e.underWay) == cap(e.underWay) { // before anything is spent on it; keep decides
		if r.ContentLength < 0 || r.ContentLength > smallCallback { // a small body is there already, and the connection may stay
			web.StopReading(w)
		}
		return "", errOverloaded
	}
	account, q, err := e.find(ctx, r, id)
	if err != nil {
		web.StopReading(w)
		return "", err
	}
	body, release, err := e.readCallback(w, r)
	defer release()
	if err != nil {
		return "", err
	}
	cb, err := verify(account, q, body)
	if err == nil {
		cb.deliveryID, cb.received = uuid.NewString(), received
		cb.stale = received.Sub(q.Time).Abs() > staleAfter
		err = e.keep(ctx, cb)
	}
	e.setupChecks.record(ctx, account, q, recordsOf(cb, err)...)
	if err != nil {
		return "", err
	}
	return AnswerSuccess, nil
}

// find reads the query and finds the account by the path's id. A badly shaped id, an unknown account and a disabled one look
// the same from outside (C16), and only the canonical spelling of a path is one (C26).
func (e *Endpoint) find(ctx context.Context, r *http.Request, id conversation.AccountID) (account.CallbackAccount, wechat.Query, error) {
	if r.URL.RawPath != "" || !web.IsUUID(string(id)) {
		return account.CallbackAccount{}, wechat.Query{}, reject(http.StatusNotFound, "unknown-account", nil)
	}
	q, err := wechat.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return account.CallbackAccount{}, q, reject(http.StatusBadRequest, "query", err)
	}
	account, err := e.accounts.find(ctx, id)
	return account, q, err
}
