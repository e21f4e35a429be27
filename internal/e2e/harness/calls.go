package harness

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/stretchr/testify/require"
)

// CallAPI calls the HTTP API as an administrator, decodes the answer into out where out is not nil, and returns the status.
func (s *System) CallAPI(method, path string, header map[string]string, in, out any) int {
	s.T.Helper()
	status, body := s.Call(method, "http://"+s.HTTPAddr+path, header, in)
	if out != nil {
		require.NoErrorf(s.T, json.Unmarshal(body, out), "%s", body)
	}
	return status
}

// CallSimulator calls the simulator's control API. It fails the test unless the answer is 2xx.
func (s *System) CallSimulator(method, path string, in, out any) {
	s.T.Helper()
	status, body := s.Call(method, "http://"+s.SimulatorAddr+"/_sim"+path, nil, in)
	require.Equalf(s.T, 2, status/100, "%s %s: %d %s", method, path, status, body)
	if out != nil {
		require.NoErrorf(s.T, json.Unmarshal(body, out), "%s", body)
	}
}

// Call sends a request with a JSON body, as an administrator unless header says otherwise, and returns status and body.
func (s *System) Call(method, target string, header map[string]string, in any) (int, []byte) {
	s.T.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		require.NoError(s.T, err)
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, target, body)
	require.NoError(s.T, err)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+s.AdminToken)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.T, err)
	defer resp.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.T, err)
	return resp.StatusCode, text
}

// SendPath is the path of WeChat's API that sends a message to a customer.
const SendPath = "/cgi-bin/message/custom/send"
