package devstack

import "maps"

// unlimited stands in for rate limits that protect a shared cluster. Here they would only make tests and benchmarks
// fail in ways that the product does not cause; one machine is its own limit.
const unlimited = "1000000"

// dynamicConfig are the settings in which every dev server differs from server v1.32.1's own defaults, as JSON by key, and those of
// its own. Update, Update-with-Start, Schedules and worker deployments need nothing: they are on by default.
func dynamicConfig(own map[string]string) map[string]string {
	all := map[string]string{
		// No call leaves this machine.
		"frontend.enableServerVersionCheck": "false",

		// Fairness between accounts, which the product's task queues ask for by fairness key.
		"matching.enableFairness": "true",

		// One process gains nothing from partitions of a task queue; an idle partition only adds a hop, and a rate
		// limit counts for each partition.
		"matching.numTaskqueueReadPartitions":  "1",
		"matching.numTaskqueueWritePartitions": "1",

		// Each step of a workflow waits for one reading of its shard's queue, 20 readings a second at most by default. A
		// cluster has many shards, this server has one: conversations would queue for 50 ms at every step.
		"history.transferProcessorMaxPollRPS": "200",
		"history.timerProcessorMaxPollRPS":    "200",

		// A queue forgets what it has done at its next checkpoint, and until then goes through all of it whenever it reads on: with
		// one shard and 30 s between checkpoints, the default, a step of a workflow cost up to half as much again.
		"history.transferProcessorUpdateAckInterval": `"2s"`,
		"history.timerProcessorUpdateAckInterval":    `"2s"`,

		// How long a search attribute that is registered at run time stays unknown; 2 s by default.
		"system.namespaceCacheRefreshInterval": `"200ms"`,

		// How long a worker version that is current no more counts as needed, and how often that is looked at; 3 min each
		// by default, for a visibility store that lags. This one does not, and who tries an upgrade wants to see its end.
		"matching.wv.VersionDrainageStatusVisibilityGracePeriod": `"2s"`,
		"matching.wv.VersionDrainageStatusRefreshInterval":       `"2s"`,

		// House-keeping of large clusters, done by workflows of the system namespace that would start at once.
		"worker.historyScannerEnabled":   "false",
		"worker.taskQueueScannerEnabled": "false",

		// 128,000 cached executions are for a cluster's memory.
		"history.hostLevelCacheMaxSize": "8192",

		"frontend.rps": unlimited,
		"frontend.rps.namespaceReplicationInducingAPIs":          unlimited,
		"frontend.namespaceRPS":                                  unlimited,
		"frontend.namespaceRPS.visibility":                       unlimited,
		"frontend.namespaceRPS.namespaceReplicationInducingAPIs": unlimited,
		"frontend.persistenceMaxQPS":                             unlimited,
		"history.rps":                                            unlimited,
		"history.persistenceMaxQPS":                              unlimited,
		"matching.rps":                                           unlimited,
		"matching.persistenceMaxQPS":                             unlimited,
	}
	maps.Copy(all, own)
	return all
}
