package postgres_test

import (
	"os"
	"testing"

	_ "github.com/lib/pq"

	"wxdesk/internal/devstack"
)

func TestMain(m *testing.M) { os.Exit(devstack.Main(m)) }
