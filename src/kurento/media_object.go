package kurento

import (
	"slices"

	"ksfu/src/jsonrpc"
)

// mediaObjectClass is the root of all classes.
func mediaObjectClass() *class {
	k := &class{name: "MediaObject", events: []string{"Error"}}
	k.define("addTag(key:String, value:String)", addTag)
	k.define("removeTag(key:String)", removeTag)
	k.define("getTag(key:String) -> String", getTag)
	k.define("getTags() -> Tag[]", func(c *call, o *object, _ args) (any, error) {
		c.srv.mu.Lock()
		defer c.srv.mu.Unlock()
		return tagList(o), nil
	})
	final := func(text string, value func(*object) any) {
		k.property(text, func(_ *call, o *object) (any, error) { return value(o), nil }, nil).access = "final"
	}
	final("mediaPipeline:MediaPipeline", func(o *object) any { return reference(o.pipeline()) })
	final("parent:MediaObject", func(o *object) any { return reference(o.parent) })
	final("id:String", func(o *object) any { return o.id })
	k.property("children:MediaObject[]", func(c *call, o *object) (any, error) {
		c.srv.mu.Lock()
		defer c.srv.mu.Unlock()
		return ids(o.children), nil
	}, nil)
	k.alias("getChilds", "getChildren")
	k.property("name:String",
		func(c *call, o *object) (any, error) {
			c.srv.mu.Lock()
			defer c.srv.mu.Unlock()
			return o.name, nil
		},
		func(c *call, o *object, v any) error {
			name, _ := v.(string)
			if err := c.short("name", name); err != nil {
				return err
			}
			c.srv.mu.Lock()
			defer c.srv.mu.Unlock()
			o.name = name
			return nil
		})
	k.property("sendTagsInEvents:boolean=false",
		func(c *call, o *object) (any, error) {
			c.srv.mu.Lock()
			defer c.srv.mu.Unlock()
			return o.sendTags, nil
		},
		func(c *call, o *object, v any) error {
			c.srv.mu.Lock()
			defer c.srv.mu.Unlock()
			o.sendTags, _ = v.(bool)
			return nil
		})
	final("creationTime:int", func(o *object) any { return o.created.Unix() })
	return k
}

// short refuses text that is over the limit.
func (c *call) short(what, text string) error {
	if len(text) > c.srv.limits.TextBytes {
		return fail(codeIllegalParam, "'%s' is over %d bytes", what, c.srv.limits.TextBytes)
	}
	return nil
}

func addTag(c *call, o *object, a args) (any, error) {
	key, value := a.text("key"), a.text("value")
	if err := c.short("key", key); err != nil {
		return nil, err
	}
	if err := c.short("value", value); err != nil {
		return nil, err
	}
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	if i := o.tagAt(key); i >= 0 {
		o.tags[i].value = value
		return nil, nil
	}
	if len(o.tags) >= c.srv.limits.Tags {
		return nil, tooMany("tags at this object", c.srv.limits.Tags)
	}
	o.tags = append(o.tags, tag{key, value})
	return nil, nil
}

func removeTag(c *call, o *object, a args) (any, error) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	if i := o.tagAt(a.text("key")); i >= 0 {
		o.tags = slices.Delete(o.tags, i, i+1)
	}
	return nil, nil
}

func getTag(c *call, o *object, a args) (any, error) {
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	if i := o.tagAt(a.text("key")); i >= 0 {
		return o.tags[i].value, nil
	}
	return nil, fail(codeTagNotFound, "Tag key not found")
}

func (o *object) tagAt(key string) int {
	return slices.IndexFunc(o.tags, func(t tag) bool { return t.key == key })
}

// tagList is called with Server.mu held.
func tagList(o *object) []record {
	list := make([]record, 0, len(o.tags))
	for _, t := range o.tags {
		list = append(list, named("Tag", record{"key": t.key, "value": t.value}))
	}
	return list
}

func ids(objects []*object) []string {
	list := make([]string, 0, len(objects))
	for _, o := range objects {
		list = append(list, o.id)
	}
	return list
}

// nonNegative refuses numbers below 0.
func nonNegative(v any) *jsonrpc.Error {
	if n, _ := v.(int64); n < 0 {
		return fail(codeIllegalParam, "The value must not be negative; 0 means no limit")
	}
	return nil
}
