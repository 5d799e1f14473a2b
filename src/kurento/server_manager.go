package kurento

import (
	"context"
	"runtime"
	"time"
)

// What getInfo says: the version of the API that is served, and when it was
// laid down, for clients that print it.
const (
	apiVersion     = "7.3.0"
	generationTime = "Nov 20 2026 12:00:00"
)

// longestCPUMeasure keeps getUsedCpu below the 10 s after which Kurento's Java
// client gives a request up.
const longestCPUMeasure = 8 * time.Second

func serverManagerClass() *class {
	k := &class{name: "ServerManager", events: []string{"ObjectCreated", "ObjectDestroyed"}}
	k.define("getKmd(moduleName:String) -> String", func(c *call, _ *object, a args) (any, error) {
		text, ok := c.srv.model.describe(a.text("moduleName"))
		if !ok {
			return nil, fail(codeKMDNotFound, "Requested kmd module doesn't exist")
		}
		return text, nil
	})
	k.define("getCpuCount() -> int", func(*call, *object, args) (any, error) { return runtime.NumCPU(), nil })
	cpu := k.define("getUsedCpu(interval:int) -> float", nil)
	cpu.slow = func(_ *call, _ *object, a args) (func(context.Context) (any, error), error) {
		interval := time.Duration(a.number("interval")) * time.Millisecond
		if interval <= 0 {
			return nil, fail(codeIllegalParam, "'interval' must be above 0 milliseconds")
		}
		interval = min(interval, longestCPUMeasure)
		return func(ctx context.Context) (any, error) { return usedCPU(ctx, interval) }, nil
	}
	k.define("getUsedMemory() -> int64", func(*call, *object, args) (any, error) { return usedMemory(), nil })
	k.property("info:ServerInfo", func(c *call, _ *object) (any, error) { return c.srv.info(), nil }, nil)
	k.property("pipelines:MediaPipeline[]", func(c *call, _ *object) (any, error) {
		c.srv.mu.Lock()
		defer c.srv.mu.Unlock()
		return ids(c.scope.pipelines), nil
	}, nil)
	k.property("sessions:String[]", func(c *call, _ *object) (any, error) {
		return c.srv.sessions.IDs(c.scope.name), nil
	}, nil)
	k.property("metadata:String", func(*call, *object) (any, error) { return "", nil }, nil)
	return k
}

func (s *Server) info() record {
	list := []record{}
	for _, name := range modules() {
		list = append(list, named("ModuleInfo", record{
			"name": name, "version": apiVersion, "generationTime": generationTime, "factories": s.model.factories(name),
		}))
	}
	return named("ServerInfo", record{
		"version": apiVersion, "type": "KMS", "capabilities": []string{"transactions"}, "modules": list,
	})
}
