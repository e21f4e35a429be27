package web

import (
	"math"
	"net/netip"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// How often somebody may be wrong before they are told to wait (A04): so often at once, and once more after each pause.
const (
	triesAtOnce   = 200 // API tokens that do not count, from one network
	triesPause    = 2 * time.Second
	guessesAtOnce = 100 // ids that lead nowhere, with one API token
	guessesPause  = 6 * time.Second
	// maxTried is how many networks and API tokens a process remembers, those of the latest.
	maxTried = 10_000
)

// tries counts who has been wrong how often. It is safe for concurrent use.
type tries struct {
	networks *lru.Cache[netip.Prefix, *rate.Limiter]
	bearers  *lru.Cache[bearerID, *rate.Limiter]
	good     *lru.Cache[[32]byte, struct{}] // hashes of API tokens that have counted here
	now      func() time.Time
}

type bearerID struct {
	tenant conversation.Tenant
	actor  string
}

func newTries(now func() time.Time) *tries {
	return &tries{networks: newCache[netip.Prefix, *rate.Limiter](), bearers: newCache[bearerID, *rate.Limiter](), good: newCache[[32]byte, struct{}](), now: now}
}

func newCache[K comparable, V any]() *lru.Cache[K, V] {
	cache, err := lru.New[K, V](maxTried)
	if err != nil {
		panic("api: " + err.Error()) // only a size below 1 is refused
	}
	return cache
}

// mayTry reports whether an API token from a network is looked up. One that has counted before always is: behind one proxy
// everybody has the same network, and nobody locks the others out.
func (t *tries) mayTry(from netip.Prefix, token [32]byte) bool {
	return t.good.Contains(token) || !t.spent(limiterOf(t.networks, from, triesPause, triesAtOnce))
}

func (t *tries) wrongToken(from netip.Prefix) {
	limiterOf(t.networks, from, triesPause, triesAtOnce).AllowN(t.now(), 1)
}

func (t *tries) goodToken(token [32]byte) { t.good.Add(token, struct{}{}) }

// mayAsk reports whether the bearer may ask for something by its id.
func (t *tries) mayAsk(who access.Principal) bool {
	return !t.spent(limiterOf(t.bearers, bearerID{who.Tenant, who.ActorID()}, guessesPause, guessesAtOnce))
}

func (t *tries) wrongID(who access.Principal) {
	limiterOf(t.bearers, bearerID{who.Tenant, who.ActorID()}, guessesPause, guessesAtOnce).AllowN(t.now(), 1)
}

// wrongTokens returns how many tries the network with the fewest tries left has used up. wrongIDs returns the same for API tokens.
func (t *tries) wrongTokens() int64 { return mostSpent(t.networks, triesAtOnce, t.now()) }

func (t *tries) wrongIDs() int64 { return mostSpent(t.bearers, guessesAtOnce, t.now()) }

func mostSpent[K comparable](cache *lru.Cache[K, *rate.Limiter], atOnce int, now time.Time) (most int64) {
	for _, l := range cache.Values() {
		most = max(most, int64(math.Ceil(float64(atOnce)-l.TokensAt(now))))
	}
	return most
}

func (t *tries) spent(l *rate.Limiter) bool { return l.TokensAt(t.now()) < 1 }

func limiterOf[K comparable](cache *lru.Cache[K, *rate.Limiter], key K, pause time.Duration, atOnce int) *rate.Limiter {
	if known, ok := cache.Get(key); ok {
		return known
	}
	fresh := rate.NewLimiter(rate.Every(pause), atOnce)
	if known, ok, _ := cache.PeekOrAdd(key, fresh); ok {
		return known
	}
	return fresh
}

// networkOf is the network that a request came from: /24 of an IPv4 address, /64 of an IPv6 one. It goes by the connection
// alone, never by what a header says (C27, A23).
func networkOf(remote string) netip.Prefix {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	const v4, v6 = 24, 64
	bits := v6
	if at.Addr().Unmap().Is4() {
		bits = v4
	}
	network, err := at.Addr().Unmap().Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

// TriesPauseSeconds is how long somebody waits who has tried too many secrets.
const TriesPauseSeconds = int(triesPause / time.Second)
