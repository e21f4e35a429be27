// Package deploytest holds the files of a deployment to what they must say, where no container engine is at hand to run
// them: they are read as Docker Compose reads them, and compared with the settings that the program has.
package deploytest_test

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wxdesk/internal/config"
	"wxdesk/internal/secret"
)

const (
	root        = "../.."
	composeFile = root + "/docker-compose.yml"
	image       = "wxdesk:dev" // ours
)

// filledIn is an .env as .env.example asks for it.
func filledIn() types.Mapping {
	return types.Mapping{
		"WXDESK_MASTER_KEYS": secret.NewMasterKey("k1").Reveal(), "WXDESK_PUBLIC_URL": "https://desk.example.com",
		"POSTGRES_PASSWORD": "aaa", "POSTGRES_PASSWORD_OWNER": "eee", "POSTGRES_PASSWORD_WXDESK": "bbb", "POSTGRES_PASSWORD_TEMPORAL": "ccc",
		"GRAFANA_PASSWORD": "ddd",
	}
}

// load reads the file with an environment, all profiles on.
func load(t *testing.T, env types.Mapping) (*types.Project, error) {
	t.Helper()
	dir, err := filepath.Abs(root)
	require.NoError(t, err)
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "docker-compose.yml")}},
		Environment: env,
	}, loader.WithProfiles([]string{"*"}), func(o *loader.Options) { o.SetProjectName("wxdesk", true) })
}

func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := load(t, filledIn())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		"postgres", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui", "collector", "prometheus", "grafana",
		"migrate", "api", "worker", "simulator",
	}, p.ServiceNames())
	return p
}

func TestCompose_everySecretMustBeGiven(t *testing.T) {
	t.Parallel()
	for name := range filledIn() {
		env := filledIn()
		delete(env, name)
		_, err := load(t, env)
		require.ErrorContains(t, err, name)
		env[name] = ""
		_, err = load(t, env)
		require.ErrorContains(t, err, name, "empty is as good as none")
	}

	looksSecret := regexp.MustCompile(`PASSWORD|PWD|SECRET|KEY|TOKEN|URL$`)
	for name, v := range variables(t) {
		if looksSecret.MatchString(name) {
			require.Truef(t, v.Required, "%s has a default", name)
		}
	}
	for name, s := range project(t).Services {
		for key, value := range s.Environment {
			if value == nil || !looksSecret.MatchString(key) || key == "WXDESK_PUBLIC_URL" {
				continue
			}
			written := slices.ContainsFunc([]string{"aaa", "bbb", "ccc", "ddd", "eee", filledIn()["WXDESK_MASTER_KEYS"][:3]}, func(given string) bool {
				return strings.Contains(*value, given)
			})
			require.Truef(t, written, "%s of %s is written into the file", key, name)
		}
	}
}

// variables are those that the file takes from .env.
func variables(t *testing.T) map[string]template.Variable {
	t.Helper()
	text, err := os.ReadFile(composeFile)
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, yaml.Unmarshal(text, &tree))
	return template.ExtractVariables(tree, template.DefaultPattern)
}

func TestCompose_exampleNamesEveryVariable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + "/.env.example")
	require.NoError(t, err)
	named := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "#"), "=")
		if ok && regexp.MustCompile(`^[A-Z_]+$`).MatchString(name) {
			named[name] += value
		}
	}
	for name := range variables(t) {
		require.Contains(t, named, name)
	}
	for name := range filledIn() {
		if name != "WXDESK_PUBLIC_URL" {
			require.Empty(t, named[name], name)
		}
	}
	ignored, err := os.ReadFile(root + "/.gitignore")
	require.NoError(t, err)
	require.Contains(t, strings.Split(string(ignored), "\n"), "/.env")
}

// The program itself reads the environment that each of its containers gets, as at its start.
func TestCompose_ourProcessesAcceptTheirSettings(t *testing.T) {
	t.Parallel()
	var known strings.Builder
	none, err := config.Load(nil)
	require.NoError(t, err)
	require.NoError(t, none.Print(&known))
	commands := map[string]string{}
	for name, s := range project(t).Services {
		if s.Image != image {
			continue
		}
		commands[name] = s.Command[0]
		require.Empty(t, s.Entrypoint, name)
		var environ []string
		for key, value := range s.Environment {
			require.Containsf(t, known.String(), "\n"+key+" ", "%s of %s is no setting", key, name)
			if value != nil {
				environ = append(environ, key+"="+*value)
			}
		}
		if name == "simulator" {
			require.Empty(t, s.Environment, "neither master keys nor the database's address")
			continue
		}
		cfg, err := config.Load(environ)
		require.NoError(t, err, name)
		require.NoError(t, cfg.Require(config.DatabaseURL, config.MasterKeys))
		assert.Equal(t, ":8080", cfg.HTTPAddr)
		assert.Equal(t, watchSubnet(t)+":9090", cfg.OpsAddr, "on the inner network only")
		assert.True(t, cfg.ExportTraces)
		assert.False(t, cfg.AllowPrivate)
		assert.Equal(t, "https://api.weixin.qq.com", cfg.WeChatAPI)
	}
	require.Equal(t, map[string]string{"migrate": "migrate", "api": "api", "worker": "worker", "simulator": "simulate"}, commands)
}

// S14
// The programs' role may only add to the audit, because another one owns the tables: that of migrate alone.
func TestCompose_onlyMigrateOwnsTheTables(t *testing.T) {
	t.Parallel()
	roles := map[string]string{}
	for name, s := range project(t).Services {
		if address := s.Environment["DATABASE_URL"]; address != nil {
			at, err := url.Parse(*address)
			require.NoError(t, err, name)
			require.Equal(t, "/wxdesk", at.Path, name)
			roles[name] = at.User.Username()
		}
	}
	require.Equal(t, map[string]string{"migrate": "wxdesk_owner", "api": "wxdesk", "worker": "wxdesk"}, roles)
	for _, password := range regexp.MustCompile(`POSTGRES_PASSWORD\w+`).FindAllString(read(t, "deploy/postgres/databases.sh"), -1) {
		require.Contains(t, project(t).Services["postgres"].Environment, password, "the script that makes the roles reads it")
	}
}

func TestCompose_imagesArePinned(t *testing.T) {
	t.Parallel()
	exact := regexp.MustCompile(`^([a-z0-9./-]+:v?\d+\.\d+\.\d+|postgres:\d+\.\d+)(-[a-z]+)?$`) // Postgres's versions have two numbers
	for name, s := range project(t).Services {
		if s.Image == image {
			require.NotNil(t, s.Build, name)
			continue
		}
		assert.Regexp(t, exact, s.Image, name)
	}
}

func TestCompose_dependenciesCanBecomeReady(t *testing.T) {
	t.Parallel()
	p := project(t)
	for name, s := range p.Services {
		for on, how := range s.DependsOn {
			needed, ok := p.Services[on]
			require.Truef(t, ok, "%s waits for %s, which is not there", name, on)
			switch how.Condition {
			case types.ServiceConditionHealthy:
				require.NotNilf(t, needed.HealthCheck, "%s waits for the health of %s", name, on)
				require.False(t, needed.HealthCheck.Disable, on)
				require.Greater(t, len(needed.HealthCheck.Test), 1, on)
			case types.ServiceConditionCompletedSuccessfully:
				assert.Truef(t, strings.HasPrefix(needed.Restart, "on-failure"), "%s must come to an end", on)
			default:
				assert.Contains(t, []string{"collector", "prometheus"}, on, "what merely runs need not be of use")
			}
		}
		assert.NotEmptyf(t, s.Restart, "%s stays dead", name)
		for _, v := range s.Volumes {
			if v.Type == types.VolumeTypeBind {
				assert.True(t, v.ReadOnly, v.Source)
				assert.FileExists(t, v.Source)
			}
		}
	}
	for _, name := range []string{"api", "worker"} {
		assert.Contains(t, p.Services[name].DependsOn, "migrate")
		assert.NotNil(t, p.Services[name].HealthCheck)
	}
}

func TestCompose_publishesLoopbackOnly(t *testing.T) {
	t.Parallel()
	p := project(t)
	published := map[string]string{}
	for name, s := range p.Services {
		assert.Empty(t, s.NetworkMode, name)
		assert.False(t, s.Privileged, name)
		for _, port := range s.Ports {
			assert.Equal(t, "127.0.0.1", port.HostIP, name)
			published[name] = port.Published
		}
	}
	require.Equal(t, map[string]string{"api": "8080", "temporal-ui": "8233", "prometheus": "9091", "grafana": "3000", "simulator": "8090"}, published)
	require.Equal(t, []string{"simulator"}, p.Services["simulator"].Profiles)
	for _, name := range []string{"data", "watch", "measured"} {
		require.True(t, p.Networks[name].Internal, name)
	}
}

// reaches reports whether two services share a network, and so every port of each other's that is not bound to another one.
func reaches(p *types.Project, from, to string) bool {
	for network := range p.Services[from].Networks {
		if _, ok := p.Services[to].Networks[network]; ok {
			return true
		}
	}
	return false
}

// Who has no business with the databases and Temporal cannot open a connection to them.
func TestCompose_limitsWhoReachesDatabases(t *testing.T) {
	t.Parallel()
	p := project(t)
	needs := map[string][]string{
		"postgres":    {"temporal-schema", "temporal", "migrate", "api", "worker"},
		"temporal":    {"temporal-namespace", "temporal-ui", "migrate", "api", "worker", "collector"},
		"collector":   {"api", "worker", "temporal", "prometheus"},
		"temporal-ui": {},
		"api":         {"prometheus", "collector", "simulator"},
		"worker":      {"prometheus", "collector", "simulator"},
		"simulator":   {"api", "worker"},
		"prometheus":  {"grafana"},
	}
	for to, from := range needs {
		for _, name := range from {
			require.Truef(t, reaches(p, name, to), "%s needs %s", name, to)
		}
	}
	for _, name := range []string{"prometheus", "grafana", "simulator"} {
		for _, kept := range []string{"postgres", "temporal", "temporal-ui"} {
			require.Falsef(t, reaches(p, name, kept), "%s reaches %s", name, kept)
		}
	}
	require.False(t, reaches(p, "collector", "postgres"))
	require.Equal(t, []string{"data"}, slices.Collect(maps.Keys(p.Services["postgres"].Networks)))
	for _, name := range []string{"api", "worker"} {
		shared := 0
		for network := range p.Services["collector"].Networks {
			if _, ok := p.Services[name].Networks[network]; ok {
				shared++
			}
		}
		require.Equal(t, 1, shared, "the collector finds %s by its name, where its private listener is", name)
	}
}

// watchSubnet is that of the network on which the private listeners are.
func watchSubnet(t *testing.T) string {
	t.Helper()
	p := project(t)
	require.Len(t, p.Networks["watch"].Ipam.Config, 1)
	for name, s := range p.Services {
		_, on := s.Networks["watch"]
		require.Equalf(t, slices.Contains([]string{"api", "worker", "collector", "prometheus"}, name), on, "%s on the network of the private listeners", name)
	}
	return p.Networks["watch"].Ipam.Config[0].Subnet
}

// R19
// What a process may use is said, and it is enough for what is promised.
func TestCompose_ourProcessesHaveAMemoryLimit(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		if s.Image == image {
			require.EqualValues(t, 512<<20, s.MemLimit, name)
		}
	}
	require.True(t, strings.Contains(read(t, "docker-compose.yml"), "buffers requests"))
	require.True(t, strings.Contains(read(t, "docs/operations.md"), "proxy_request_buffering on;"), "which proxy keeps slow senders away")
}

func TestCompose_everyServiceHasAMemoryLimit(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		assert.Positive(t, s.MemLimit, name)
		if heap := s.Environment["GOMEMLIMIT"]; heap != nil {
			size, err := strconv.ParseInt(strings.TrimSuffix(*heap, "MiB"), 10, 64)
			require.NoError(t, err, name)
			assert.Less(t, size<<20, int64(s.MemLimit), name)
		}
	}
}

// A Postgres that takes fewer connections than there may be refuses the last one, whoever needs it.
func TestCompose_postgresHasRoomForEveryPool(t *testing.T) {
	t.Parallel()
	const (
		ours      = 16 + 1        // a pool, and the connection that listens
		temporals = 4 * (20 + 10) // four services, each with a pool for histories and one for visibility
		reserved  = 3             // for superusers
		processes = 1 + 4 + 2     // an API, the four workers of docs/operations.md, and commands beside them
	)
	p := project(t).Services["postgres"]
	require.Len(t, p.Command, 3)
	require.Equal(t, "-c", p.Command[1])
	most, err := strconv.Atoi(strings.TrimPrefix(p.Command[2], "max_connections="))
	require.NoError(t, err)
	require.GreaterOrEqual(t, most, processes*ours+temporals+reserved)
}

func TestCompose_thereMayBeSeveralWorkers(t *testing.T) {
	t.Parallel()
	worker := project(t).Services["worker"]
	require.Equal(t, 2, *worker.Deploy.Replicas)
	require.Empty(t, worker.ContainerName)
	require.Empty(t, worker.Ports)
}
