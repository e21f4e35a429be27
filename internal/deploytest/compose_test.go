// Package deploytest holds the files of a deployment to what they must say, where no container engine is at hand to run
// them: they are read as Docker Compose reads them, and compared with the settings that the program has.
package deploytest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
		"POSTGRES_PASSWORD": "aaa", "POSTGRES_PASSWORD_WXDESK": "bbb", "POSTGRES_PASSWORD_TEMPORAL": "ccc",
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
			written := slices.ContainsFunc([]string{"aaa", "bbb", "ccc", "ddd", filledIn()["WXDESK_MASTER_KEYS"][:3]}, func(given string) bool {
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

func TestCompose_theExampleNamesEveryVariableAndHoldsNoSecret(t *testing.T) {
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
			continue
		}
		cfg, err := config.Load(environ)
		require.NoError(t, err, name)
		require.NoError(t, cfg.Require(config.DatabaseURL, config.MasterKeys))
		assert.Equal(t, ":8080", cfg.HTTPAddr)
		assert.Equal(t, ":9090", cfg.OpsAddr)
		assert.True(t, cfg.ExportTraces)
		assert.False(t, cfg.AllowPrivate)
		assert.Equal(t, "https://api.weixin.qq.com", cfg.WeChatAPI)
	}
	require.Equal(t, map[string]string{"migrate": "migrate", "api": "api", "worker": "worker", "simulator": "simulate"}, commands)
}

func TestCompose_imagesArePinned(t *testing.T) {
	t.Parallel()
	exact := regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$`) // a version to the last digit
	for name, s := range project(t).Services {
		if s.Image == image {
			require.NotNil(t, s.Build, name)
			continue
		}
		assert.Regexp(t, exact, s.Image, name)
	}
}

func TestCompose_whoWaitsForWhomCanCome(t *testing.T) {
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

func TestCompose_onlyLoopbackIsPublishedAndDatabasesHaveNoWayOut(t *testing.T) {
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
	require.True(t, p.Networks["inside"].Internal)
	for _, name := range []string{"postgres", "temporal", "collector"} {
		require.Len(t, p.Services[name].Networks, 1, name)
		require.Contains(t, p.Services[name].Networks, "inside", name)
	}
}

func TestCompose_thereMayBeSeveralWorkers(t *testing.T) {
	t.Parallel()
	worker := project(t).Services["worker"]
	require.Equal(t, 2, *worker.Deploy.Replicas)
	require.Empty(t, worker.ContainerName)
	require.Empty(t, worker.Ports)
}
