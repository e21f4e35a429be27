package users_test

import (
	"os"
	"testing"

	"wxdesk/internal/devstack"
)

func TestMain(m *testing.M) { os.Exit(devstack.Main(m)) }
