package wxapi_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"wxdesk/internal/devstack"
)

func TestMain(m *testing.M) {
	if os.Getenv(senderVariable) != "" {
		if err := playSender(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := devstack.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
