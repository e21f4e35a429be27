package simulator

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// say lets a customer do something. It answers at once with the identifier of the callback, or with ?wait=true when WeChat has
// its verdict. Of a tap that messages follow, it is the tap's.
func (s *Simulator) say(r *http.Request) (int, any, error) {
	var in act
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	if _, err := in.compose(); err != nil && in.Ticket == "" {
		return 0, nil, err
	}
	d, err := s.do(r.PathValue("app_id"), r.PathValue("openid"), in, baseOf(r))
	if err != nil {
		return 0, nil, err
	}
	msgID := strconv.FormatInt(d.ID, 10)
	if r.URL.Query().Get("wait") != "true" {
		return http.StatusAccepted, map[string]any{"msg_id": msgID}, nil
	}
	if err := s.await(r.Context(), d); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"msg_id": msgID, "verdict": d.Verdict, "attempts": d.Attempts}, nil
}

func (s *Simulator) do(appID, openID string, in act, base string) (*delivery, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(appID)
	if err != nil {
		return nil, err
	}
	f, err := s.state.follower(appID, openID)
	if err != nil {
		return nil, err
	}
	if a.CallbackURL == "" {
		return nil, conflict("the account has no callback_url: nothing would be told")
	}
	if in, err = a.scanned(in, s.now()); err != nil {
		return nil, err
	}
	if !f.Subscribed && in.Kind == "scan" {
		return s.act(a, f.Follower.followedAt(s.wall(), in.Scene), followed(in.Scene, in.Ticket), "")
	}
	if !f.Subscribed && in.XML == "" {
		return nil, conflict("this customer does not follow")
	}
	return s.actAndFollowUp(a, f, in, base)
}

// actAndFollowUp does what a customer does, with the messages that come after it. The caller holds mu.
func (s *Simulator) actAndFollowUp(a *accountState, f *followerState, in act, base string) (*delivery, error) {
	in, made := s.furnished(a, in, base)
	c, err := in.compose()
	if err != nil {
		return nil, err
	}
	if len(made) > 0 {
		if err := s.commit(change{Media: made}); err != nil {
			return nil, err
		}
	}
	d, err := s.act(a, f.Follower, c, in.XML)
	if err != nil {
		return nil, err
	}
	for _, next := range in.following() {
		if _, err := s.actAndFollowUp(a, f, next, base); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// await gives back when the callback has its verdict.
func (s *Simulator) await(ctx context.Context, d *delivery) error {
	select {
	case <-d.done:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.life.Done():
		return errClosed
	}
	if d.Verdict == "" {
		return conflict("the simulator was reset meanwhile")
	}
	return nil
}

// act writes down, in one step, what a customer did: the item on the screen, the reply window it opens, the callback to make. It
// then sends the callback. An account without an address is not told. The caller holds mu; f is the customer after the act.
func (s *Simulator) act(a *accountState, f Follower, c composed, raw string) (*delivery, error) {
	id := s.nextID()
	created, faults := s.createdAt(f)
	f = f.acted(c.trigger, s.state.settings, s.now())
	f.LastTold = created
	n := 1
	if known, ok := a.followers[f.OpenID]; ok {
		n = len(known.screen) + 1
	}
	it := Item{
		N: n, At: s.wall(), From: FromCustomer, Channel: ByCustomer, Kind: c.kind, Text: c.text, Fields: c.fields(), Picture: c.picture,
		MsgID: strconv.FormatInt(id, 10),
	}
	done := change{LastID: id, Follower: &f, Shown: []shown{{a.AppID, f.OpenID, it}}, Faults: faults}
	done.Callback = s.callback(a, f.OpenID, c, raw, created, id)
	if done.Callback != nil {
		done.Callback.N = n
	}
	if err := s.commit(done); err != nil {
		return nil, err
	}
	d := s.state.pending[id]
	if d != nil {
		s.enqueue(d, 0)
	}
	return d, nil
}

// callback gives what the account's server must be told, nil where it has no address.
func (s *Simulator) callback(a *accountState, openID string, c composed, raw string, created time.Time, id int64) *callback {
	if a.CallbackURL == "" {
		return nil
	}
	return &callback{
		ID: id, AppID: a.AppID, OpenID: openID, Kind: c.kind, Document: or(raw, c.document(a.OriginalID, openID, created, id)),
		Message: !c.event, Passive: c.passive, At: s.wall(), Nonce: newNonce(),
	}
}
