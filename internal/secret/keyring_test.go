package secret_test

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/secret"
)

const label = "account"

func ring(t require.TestingT, texts ...string) *secret.Keyring {
	r, err := secret.ParseKeyring(secret.New(strings.Join(texts, ",")))
	require.NoError(t, err)
	return r
}

func newKey(id string) string { return secret.NewMasterKey(id).Reveal() }

func TestKeyring_firstSealsAllOpen(t *testing.T) {
	t.Parallel()
	old, current := newKey("2025"), newKey("2026")
	sealedBefore := ring(t, old).Seal(label, "row 1", []byte(canary))

	rotated := ring(t, current, " "+old)
	require.Equal(t, "2026", rotated.Primary())
	plain, err := rotated.Open(label, "row 1", sealedBefore)
	require.NoError(t, err)
	require.Equal(t, canary, string(plain))

	_, err = ring(t, old).Open(label, "row 1", rotated.Seal(label, "row 1", nil))
	require.ErrorIs(t, err, secret.ErrUnknownKey, "the new key sealed")
}

// K12
func TestKeyring_opensOnlyItsOwnPlaceAndUse(t *testing.T) {
	t.Parallel()
	key := newKey("k1")
	r := ring(t, key)
	frame := r.Seal(label, "row 1", []byte(canary))

	for name, open := range map[string]func() ([]byte, error){
		"another row":                 func() ([]byte, error) { return r.Open(label, "row 2", frame) },
		"another use":                 func() ([]byte, error) { return r.Open("transcript", "row 1", frame) },
		"another key of the same id":  func() ([]byte, error) { return ring(t, newKey("k1")).Open(label, "row 1", frame) },
		"nothing":                     func() ([]byte, error) { return r.Open(label, "row 1", nil) },
		"a frame of another version":  func() ([]byte, error) { return r.Open(label, "row 1", append([]byte{2}, frame[1:]...)) },
		"a frame that is only a head": func() ([]byte, error) { return r.Open(label, "row 1", frame[:4]) },
	} {
		plain, err := open()
		require.ErrorIs(t, err, secret.ErrUnavailable, name)
		require.NotErrorIs(t, err, secret.ErrUnknownKey, name)
		require.Nil(t, plain, name)
	}

	_, err := ring(t, newKey("k2")).Open(label, "row 1", frame)
	require.ErrorIs(t, err, secret.ErrUnknownKey)
	require.ErrorIs(t, err, secret.ErrUnavailable)
}

// K12
func TestKeyring_findsAnyChange(t *testing.T) {
	t.Parallel()
	r := ring(t, newKey("k1"))
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		aad := rapid.String().Draw(t, "aad")
		frame := r.Seal(label, aad, plain)
		opened, err := r.Open(label, aad, frame)
		require.NoError(t, err)
		require.Equal(t, string(plain), string(opened))

		bit := rapid.IntRange(0, 8*len(frame)-1).Draw(t, "bit")
		flipped := append([]byte(nil), frame...)
		flipped[bit/8] ^= 1 << (bit % 8)
		_, err = r.Open(label, aad, flipped)
		require.ErrorIs(t, err, secret.ErrUnavailable)

		cut := rapid.IntRange(0, len(frame)-1).Draw(t, "cut")
		_, err = r.Open(label, aad, frame[:cut])
		require.ErrorIs(t, err, secret.ErrUnavailable)
	})
}

// K13
func TestParseKeyring_refusesUnsafeKeys(t *testing.T) {
	t.Parallel()
	good := strings.TrimPrefix(newKey("x"), "x:")
	for text, want := range map[string]string{
		"":                                   "no master key is given",
		" ":                                  "no master key is given",
		good:                                 "master key 1: want id:base64",
		":" + good:                           "master key 1: want id:base64",
		"k1:" + good + ",":                   "master key 2: want id:base64",
		"k1:" + good + "!":                   `master key "k1": not base64`,
		"k1:" + good[:40]:                    `master key "k1": 30 bytes, want 32`,
		"k1:":                                `master key "k1": 0 bytes, want 32`,
		"k1:" + zeros(32):                    `master key "k1": all zero`,
		"k1:" + sample:                       `master key "k1": this is the sample from the documentation`,
		"k1:" + good + ",k1:" + good:         `master key "k1" is given twice`,
		strings.Repeat("k", 65) + ":" + good: "with an id of 1 to 64 characters",
	} {
		r, err := secret.ParseKeyring(secret.New(text))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), good[:8])
		require.Nil(t, r)
	}
}

// sample is the key that the documentation shows.
const sample = "ZG8tbm90LXVzZS10aGlzLXNhbXBsZS1rZXktZXZlciE="

func zeros(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }

// K14
func TestKeyring_sealsDifferentlyEachTime(t *testing.T) {
	t.Parallel()
	r := ring(t, newKey("k1"))
	once, again := r.Seal(label, "row 1", []byte(canary)), r.Seal(label, "row 1", []byte(canary))
	require.NotEqual(t, once, again)

	data, err := secret.OpenDataKey(secret.NewKey())
	require.NoError(t, err)
	once, again = data.Seal("row 1", []byte(canary)), data.Seal("row 1", []byte(canary))
	require.NotEqual(t, once, again)
}

func TestKeyring_servesManyAtOnce(t *testing.T) {
	t.Parallel()
	r := ring(t, newKey("k1"))
	var all sync.WaitGroup
	failed := make(chan error, 8)
	for range 8 {
		all.Go(func() {
			for _, use := range []string{"a", "b", "c"} {
				if _, err := r.Open(use, "row", r.Seal(use, "row", []byte(canary))); err != nil {
					failed <- err
				}
			}
		})
	}
	all.Wait()
	require.Empty(t, failed)
}

func TestDataKey_opensOnlyItsOwnUnchanged(t *testing.T) {
	t.Parallel()
	key, err := secret.OpenDataKey(secret.NewKey())
	require.NoError(t, err)
	other, err := secret.OpenDataKey(secret.NewKey())
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		aad := rapid.String().Draw(t, "aad")
		frame := key.Seal(aad, plain)
		opened, err := key.Open(aad, frame)
		require.NoError(t, err)
		require.Equal(t, string(plain), string(opened))

		_, err = other.Open(aad, frame)
		require.ErrorIs(t, err, secret.ErrUnavailable)
		_, err = key.Open(aad+"x", frame)
		require.ErrorIs(t, err, secret.ErrUnavailable)
		frame[rapid.IntRange(0, len(frame)-1).Draw(t, "byte")] ^= rapid.ByteRange(1, 255).Draw(t, "change")
		_, err = key.Open(aad, frame)
		require.ErrorIs(t, err, secret.ErrUnavailable)
	})
}

func TestDataKey_refusesOtherSizes(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 16, 31, 33} {
		_, err := secret.OpenDataKey(make([]byte, size))
		require.ErrorIs(t, err, secret.ErrUnavailable, size)
	}
	_, err := secret.DataKey{}.Open("row", []byte("anything"))
	require.ErrorIs(t, err, secret.ErrUnavailable)
}

func TestNewKey_isNeverTheSame(t *testing.T) {
	t.Parallel()
	one, another := secret.NewKey(), secret.NewKey()
	require.Len(t, one, 32)
	require.NotEqual(t, one, another)
}

func TestKeyID_isReadFromTheHeadAlone(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"k", "2026", strings.Repeat("k", 64)} {
		r := ring(t, newKey(id), newKey("other"))
		require.Equal(t, []string{id, "other"}, r.IDs())
		got, err := secret.KeyID(r.Seal(label, "row", []byte(canary))[:min(secret.MaxHead, 2+len(id))])
		require.NoError(t, err)
		require.Equal(t, id, got)
	}
	for name, frame := range map[string][]byte{
		"nothing": nil, "a byte": {1}, "another version": {2, 1, 'k'}, "a cut id": {1, 5, 'k'}, "no id": {1, 0, 'k'},
	} {
		_, err := secret.KeyID(frame)
		require.ErrorIs(t, err, secret.ErrUnavailable, name)
	}
}
