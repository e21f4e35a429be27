package password

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHash_opensWithThePasswordAlone(t *testing.T) {
	t.Parallel()
	stored := Hash("correct horse")
	require.True(t, strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$"), stored)
	require.NotEqual(t, stored, Hash("correct horse"), "every hash has a salt of its own")
	right, outdated := Check(stored, "correct horse")
	require.True(t, right)
	require.False(t, outdated)
	right, _ = Check(stored, "correct horse ")
	require.False(t, right)
}

func TestCheck_saysWhenParametersHaveRisen(t *testing.T) {
	t.Parallel()
	old := parameters{memory: 64, passes: 1, threads: 1}.hash("correct horse")
	right, outdated := Check(old, "correct horse")
	require.True(t, right)
	require.True(t, outdated)
	right, outdated = Check(old, "wrong horse")
	require.False(t, right)
	require.False(t, outdated)
}

// What is in the row may be anything; it is never right, and never asks for more than we allow.
func TestCheck_aHashThatCannotBeReadIsNobodys(t *testing.T) {
	t.Parallel()
	good := Hash("correct horse")
	for _, stored := range []string{
		"", "correct horse", "$2a$10$abcdefghijklmnopqrstuv", strings.Replace(good, "m=19456", "m=999999999", 1),
		strings.Replace(good, "t=2", "t=4000000", 1), strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=19456", "m=1", 1), good + "$", strings.ToUpper(good),
	} {
		right, _ := Check(stored, "correct horse")
		require.False(t, right, stored)
	}
}
