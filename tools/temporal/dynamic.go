package main

import (
	"fmt"
	"io"
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

// unlimited stands in for rate limits that protect a shared cluster. Here they would only make tests and benchmarks
// fail in ways that the product does not cause; one machine is its own limit.
const unlimited = 1_000_000

// defaults are the settings in which this server differs from server v1.32.1's own defaults. Update, Update-with-Start,
// Schedules and worker deployments need nothing: they are on by default.
func defaults() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		// No call leaves this machine.
		dynamicconfig.EnableServerVersionCheck.Key(): false,

		// Fairness between accounts, which the product's task queues ask for by fairness key.
		dynamicconfig.MatchingEnableFairness.Key(): true,

		// One process gains nothing from partitions of a task queue; an idle partition only adds a hop, and a rate
		// limit counts for each partition.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

		// Each step of a workflow waits for one reading of its shard's queue, 20 readings a second at most by default. A
		// cluster has many shards, this server has one: conversations would queue for 50 ms at every step.
		dynamicconfig.TransferProcessorMaxPollRPS.Key(): 200,
		dynamicconfig.TimerProcessorMaxPollRPS.Key():    200,

		// A queue forgets what it has done at its next checkpoint, and until then goes through all of it whenever it reads on: with
		// one shard and 30 s between checkpoints, the default, a step of a workflow cost up to half as much again.
		dynamicconfig.TransferProcessorUpdateAckInterval.Key(): 2 * time.Second,
		dynamicconfig.TimerProcessorUpdateAckInterval.Key():    2 * time.Second,

		// How long a search attribute that is registered at run time stays unknown; 2 s by default.
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): 200 * time.Millisecond,

		// How long a worker version that is current no more counts as needed, and how often that is looked at; 3 min each
		// by default, for a visibility store that lags. This one does not, and who tries an upgrade wants to see its end.
		dynamicconfig.VersionDrainageStatusVisibilityGracePeriod.Key(): 2 * time.Second,
		dynamicconfig.VersionDrainageStatusRefreshInterval.Key():       2 * time.Second,

		// House-keeping of large clusters, done by workflows of the system namespace that would start at once.
		dynamicconfig.HistoryScannerEnabled.Key():   false,
		dynamicconfig.TaskQueueScannerEnabled.Key(): false,

		// 128,000 cached executions are for a cluster's memory.
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key(): 8192,

		dynamicconfig.FrontendRPS.Key():                                                        unlimited,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                                 unlimited,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():                       unlimited,
		dynamicconfig.FrontendNamespaceReplicationInducingAPIsRPS.Key():                        unlimited,
		dynamicconfig.FrontendMaxNamespaceNamespaceReplicationInducingAPIsRPSPerInstance.Key(): unlimited,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                                          unlimited,
		dynamicconfig.HistoryRPS.Key():                                                         unlimited,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                                           unlimited,
		dynamicconfig.MatchingRPS.Key():                                                        unlimited,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                                          unlimited,
	}
}

// dynamicConfig is defaults overridden by --dynamic-config-value. A value is read as the server reads its own files:
// an unknown key or a value of another type has no effect, is warned about on stderr and does not stop the server.
func dynamicConfig(o options, stderr io.Writer) (dynamicconfig.Client, error) {
	values := defaults()
	for name, value := range o.dynamic {
		key := dynamicconfig.MakeKey(name)
		var loader dynamicconfig.YamlLoader
		loader.LoadValue(key, []byte(`[{"value": `+value+`}]`)) // JSON is YAML
		if err := loader.Err(); err != nil {
			return nil, fmt.Errorf("--dynamic-config-value %s: %w", name, err)
		}
		for _, warning := range loader.Warnings {
			fmt.Fprintln(stderr, "temporal: warning: --dynamic-config-value:", warning)
		}
		values[key] = loader.Map[key]
	}
	return values, nil
}
