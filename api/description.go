package api

import "context"

// descriptionPath is where the description of the API itself is read.
const descriptionPath = "/v1/openapi.yaml"

// getDescription answers with the description of the JSON API, the same as the committed openapi.yaml.
func (a *API) getDescription(context.Context, *struct{}) (*struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}, error,
) {
	text, err := a.description()
	if err != nil {
		return nil, err
	}
	return &struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}{"application/yaml", text}, nil
}
