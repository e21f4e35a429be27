// Package password hashes passwords with argon2id. A hash carries the parameters that it was made with, so that ours can rise later. Check
// tells its caller when the hash of a right password is out of date.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// parameters of argon2id.
type parameters struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// current is what OWASP's password storage page gives as a minimum (19 MiB, two passes, one thread): some 20 ms of a core.
var current = parameters{memory: 19 << 10, passes: 2, threads: 1}

// Limits of what a stored hash may ask for, so that a damaged row does not stop the process.
const (
	maxMemory = 1 << 20 // KiB: 1 GiB
	maxPasses = 64
)

const (
	saltSize = 16
	keySize  = 32
)

// Hash makes the hash that is stored, in the form $argon2id$v=19$m=…,t=…,p=…$salt$key.
func Hash(text string) string { return current.hash(text) }

func (p parameters) hash(text string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	return p.form(salt, p.key(text, salt))
}

func (p parameters) key(text string, salt []byte) []byte {
	return argon2.IDKey([]byte(text), salt, p.passes, p.memory, p.threads, keySize)
}

func (p parameters) form(salt, key []byte) string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads, encode(salt), encode(key))
}

// Check reports whether a password is right, and whether its hash should be made anew because the parameters have changed since. If stored is
// "" or cannot be read, Check takes as long, and the password is never right.
func Check(stored, text string) (right, outdated bool) {
	p, salt, key, ok := parse(stored)
	if !ok {
		p, salt, key = current, make([]byte, saltSize), make([]byte, keySize)
	}
	same := subtle.ConstantTimeCompare(p.key(text, salt), key) == 1
	return same && ok, same && ok && p != current
}

func parse(stored string) (p parameters, salt, key []byte, ok bool) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 {
		return p, nil, nil, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil {
		return p, nil, nil, false
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	ok = saltErr == nil && keyErr == nil && len(key) == keySize && p.possible() && p.form(salt, key) == stored
	return p, salt, key, ok
}

func (p parameters) possible() bool {
	return p.memory >= 8*uint32(p.threads) && p.memory <= maxMemory && p.passes >= 1 && p.passes <= maxPasses && p.threads >= 1
}
