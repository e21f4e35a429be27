package devstack

import (
	"context"
	"fmt"
	"os"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// testNamespaceTimeout is how long making a namespace may take.
const testNamespaceTimeout = 30 * time.Second

// TestTemporal returns the address of the dev server that the tests of this binary share, and its namespace "default",
// which they share too: take task queues and workflow ids of your own, and no custom search attributes. The server keeps
// its data in memory.
func TestTemporal(t TB) (address, namespace string) {
	t.Helper()
	parts := testsOf(t)
	server, err := parts.temporal.get(func() (*Temporal, error) {
		bin, err := FindTemporal(context.Background(), os.Stderr)
		if err != nil {
			return nil, err
		}
		return StartTemporal(context.Background(), TemporalOptions{
			Bin: bin, Headless: true,
			// Otherwise a namespace's new search attributes are unknown for up to two seconds.
			DynamicConfig: map[string]string{"system.forceSearchAttributesCacheRefreshOnRead": "true"},
		})
	})
	if err != nil {
		t.Fatalf("devstack: %v", err)
	}
	return server.Address(), server.opts.Namespace
}

// TestNamespace is TestTemporal with a namespace that the test has to itself, holding the given search attributes.
func TestNamespace(t TB, attributes map[string]enumspb.IndexedValueType) (address, namespace string) {
	t.Helper()
	address, _ = TestTemporal(t)
	ctx, cancel := context.WithTimeout(context.Background(), testNamespaceTimeout)
	defer cancel()
	namespace = "test-" + unique()
	if err := makeNamespace(ctx, address, namespace, attributes); err != nil {
		t.Fatalf("devstack: make a namespace: %v", err)
	}
	return address, namespace
}

func makeNamespace(ctx context.Context, address, namespace string, attributes map[string]enumspb.IndexedValueType) error {
	c, err := client.DialContext(ctx, client.Options{HostPort: address, Namespace: namespace, Logger: quiet{}})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		return fmt.Errorf("register %s: %w", namespace, err)
	}
	if len(attributes) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: attributes,
	})
	if err != nil {
		return fmt.Errorf("add search attributes: %w", err)
	}
	return nil
}
