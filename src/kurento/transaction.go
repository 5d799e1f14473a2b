package kurento

import (
	"errors"
	"strconv"
	"strings"

	"ksfu/src/jsonrpc"
)

// refPrefix names the result of an earlier operation of the same transaction.
const refPrefix = "newref:"

// transaction runs operations in order until one fails; nothing is rolled back.
// The answer holds one response for each that was run.
func (c *call) transaction(members map[string]any) (record, error) {
	list, ok := members["operations"].([]any)
	if !ok {
		return nil, jsonrpc.Errorf(jsonrpc.CodeServer, "'operations' parameter should be an array")
	}
	if len(list) > c.srv.limits.Operations {
		return nil, fail(codeNotEnoughResources, "Too many operations in a transaction: at most %d are allowed", c.srv.limits.Operations)
	}
	operations := make([]map[string]any, 0, len(list))
	for i, entry := range list {
		op, ok := entry.(map[string]any)
		if !ok {
			return nil, fail(codeMalformed, "Operation %d should be an object", i)
		}
		if id, ok := integer(op["id"]); !ok || id != int64(i) {
			return nil, fail(codeMalformed, "Id of request '%d' should be '%d'", i, i)
		}
		operations = append(operations, op)
	}
	results := make([]record, 0, len(operations))
	for i, op := range operations {
		response := record{"id": i, "jsonrpc": "2.0"}
		result, err := c.step(op, results)
		if err != nil {
			response["error"] = c.refusal(err)
			results = append(results, response)
			break
		}
		response["result"] = result
		results = append(results, response)
	}
	return c.answerValue(results), nil
}

// refusal is an error as it stands in a response.
func (c *call) refusal(err error) *jsonrpc.Error {
	var e *jsonrpc.Error
	if errors.As(err, &e) {
		return e
	}
	c.srv.log.Error("operation failed", "err", err)
	return jsonrpc.Errorf(jsonrpc.CodeInternal, "Internal error.")
}

// step runs one operation in the session of the transaction, whatever session
// it names itself.
func (c *call) step(op map[string]any, earlier []record) (record, error) {
	name, _ := op["method"].(string)
	m, ok := c.srv.methods[name]
	switch {
	case !ok:
		return nil, jsonrpc.Errorf(jsonrpc.CodeNoMethod, "Method not found.")
	case name == "transaction", name == "connect", name == "closeSession":
		return nil, fail(codeMalformed, "'%s' cannot be part of a transaction", name)
	}
	given, ok := op["params"].(map[string]any)
	switch {
	case op["params"] == nil && !m.bare:
		return nil, invalidParams("'params' is required")
	case op["params"] != nil && !ok:
		return nil, invalidParams("'params' should be an object")
	}
	resolved, err := resolve(given, earlier)
	if err != nil {
		return nil, err
	}
	members, _ := resolved.(map[string]any)
	if members == nil {
		members = map[string]any{}
	}
	members["sessionId"] = c.session.ID()
	result, later, err := m.run(c, members)
	if err != nil || later == nil {
		return result, err
	}
	// Order counts here: what follows may need this result.
	value, err := later(c.ctx)
	if err != nil {
		return nil, err
	}
	result["value"] = value
	return result, nil
}

// resolve gives a copy of a value in which each text newref:N is the value of
// result N.
func resolve(value any, earlier []record) (any, error) {
	switch v := value.(type) {
	case string:
		return resolveText(v, earlier)
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			resolved, err := resolve(element, earlier)
			if err != nil {
				return nil, err
			}
			out[i] = resolved
		}
		return out, nil
	case map[string]any:
		if v == nil {
			return nil, nil
		}
		out := make(map[string]any, len(v)+1)
		for key, element := range v {
			resolved, err := resolve(element, earlier)
			if err != nil {
				return nil, err
			}
			out[key] = resolved
		}
		return out, nil
	default:
		return value, nil
	}
}

func resolveText(text string, earlier []record) (any, error) {
	index, ok := strings.CutPrefix(text, refPrefix)
	if !ok {
		return text, nil
	}
	n, err := strconv.Atoi(index)
	if err != nil {
		return nil, fail(codeMalformed, "Invalid index of newref '%.20s'", index)
	}
	if n < 0 || n >= len(earlier) {
		return nil, fail(codeMalformed, "Result not found on request %d", n)
	}
	result, _ := earlier[n]["result"].(record)
	value, ok := result["value"]
	if !ok {
		return nil, fail(codeMalformed, "Result not found on request %d", n)
	}
	return value, nil
}
