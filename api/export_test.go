package api

import (
	"github.com/gin-gonic/gin"
)

// Routes lists every route of the router, for the tests that walk all of them.
func (a *API) Routes() gin.RoutesInfo { return a.router.Routes() }
