package server

import (
	"encoding/json"
	"testing"

	"papi-mcp/internal/guard"
)

// answers are what a client may send when it is asked, as the result of
// elicitation/create or as an input response, and what they count as.
var answers = map[string]struct{ result, want string }{
	"accept":                        {`{"action":"accept"}`, "accepted"},
	"accept, escaped":               {`{"action":"\u0061ccept"}`, "accepted"},
	"accept, an empty form":         {`{"action":"accept","content":{}}`, "accepted"},
	"accept, yes":                   {`{"action":"accept","content":{"answer":"yes"}}`, "accepted"},
	"accept, an empty answer":       {`{"action":"accept","content":{"answer":""}}`, "accepted"},
	"accept, answer null":           {`{"action":"accept","content":{"answer":null}}`, "accepted"},
	"accept, a field of its own":    {`{"action":"accept","content":{"confirm":false}}`, "accepted"},
	"accept, a member of its own":   {`{"action":"accept","_meta":{"a":1}}`, "accepted"},
	"accept, no":                    {`{"action":"accept","content":{"answer":"no"}}`, "declined"},
	"decline":                       {`{"action":"decline"}`, "declined"},
	"decline with content":          {`{"action":"decline","content":{"answer":"yes"}}`, "declined"},
	"cancel":                        {`{"action":"cancel"}`, "cancelled"},
	"cancel with content":           {`{"action":"cancel","content":{"answer":"yes"}}`, "cancelled"},
	"accept, No":                    {`{"action":"accept","content":{"answer":"No"}}`, "cancelled"},
	"accept, YES":                   {`{"action":"accept","content":{"answer":"YES"}}`, "cancelled"},
	"accept, yes with a blank":      {`{"action":"accept","content":{"answer":"yes "}}`, "cancelled"},
	"accept, maybe":                 {`{"action":"accept","content":{"answer":"maybe"}}`, "cancelled"},
	"accept, true":                  {`{"action":"accept","content":{"answer":true}}`, "cancelled"},
	"accept, false":                 {`{"action":"accept","content":{"answer":false}}`, "cancelled"},
	"accept, 1":                     {`{"action":"accept","content":{"answer":1}}`, "cancelled"},
	"accept, a list of yes":         {`{"action":"accept","content":{"answer":["yes"]}}`, "cancelled"},
	"accept, an object":             {`{"action":"accept","content":{"answer":{}}}`, "cancelled"},
	"accept, no and then yes":       {`{"action":"accept","content":{"answer":"no","answer":"yes"}}`, "cancelled"},
	"accept, Answer for answer":     {`{"action":"accept","content":{"Answer":"no"}}`, "cancelled"},
	"accept, content null":          {`{"action":"accept","content":null}`, "cancelled"},
	"accept, content a list":        {`{"action":"accept","content":[]}`, "cancelled"},
	"accept, content a text":        {`{"action":"accept","content":"yes"}`, "cancelled"},
	"accept, content a number":      {`{"action":"accept","content":0}`, "cancelled"},
	"accept, content true":          {`{"action":"accept","content":true}`, "cancelled"},
	"reject":                        {`{"action":"reject"}`, "cancelled"},
	"an empty action":               {`{"action":""}`, "cancelled"},
	"ACCEPT":                        {`{"action":"ACCEPT"}`, "cancelled"},
	"Accept":                        {`{"action":"Accept"}`, "cancelled"},
	"accept with a blank":           {`{"action":"accept "}`, "cancelled"},
	"accepted":                      {`{"action":"accepted"}`, "cancelled"},
	"yes as the action":             {`{"action":"yes"}`, "cancelled"},
	"an unknown action":             {`{"action":"maybe"}`, "cancelled"},
	"action null":                   {`{"action":null}`, "cancelled"},
	"action true":                   {`{"action":true}`, "cancelled"},
	"action 1":                      {`{"action":1}`, "cancelled"},
	"action a list":                 {`{"action":["accept"]}`, "cancelled"},
	"action an object":              {`{"action":{"accept":true}}`, "cancelled"},
	"decline and then accept":       {`{"action":"decline","action":"accept"}`, "cancelled"},
	"decline and Action accept":     {`{"action":"decline","Action":"accept"}`, "cancelled"},
	"Action for action":             {`{"Action":"accept"}`, "cancelled"},
	"content twice":                 {`{"action":"accept","content":{"answer":"no"},"content":{}}`, "cancelled"},
	"the answer outside of content": {`{"answer":"yes"}`, "cancelled"},
	"a result within the result":    {`{"result":{"action":"accept"}}`, "cancelled"},
	"no action":                     {`{}`, "cancelled"},
	"a list":                        {`[]`, "cancelled"},
	"a list of accept":              {`[{"action":"accept"}]`, "cancelled"},
	"null":                          {`null`, "cancelled"},
	"true":                          {`true`, "cancelled"},
	"a number":                      {`1`, "cancelled"},
	"a text":                        {`"accept"`, "cancelled"},
	"an empty text":                 {`""`, "cancelled"},
	"an object in a text":           {`"{\"action\":\"accept\"}"`, "cancelled"},
	"an error for a result":         {`{"code":-32603,"message":"no window"}`, "cancelled"},
	"method not found as a result":  {`{"code":-32601,"message":"method not found"}`, "cancelled"},
}

// otherAnswers are what a client of an older protocol may send under the id of
// the question next to a result: %s is the id. All end the question.
var otherAnswers = map[string]struct{ line, want string }{
	"method not found":                  {`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"Method not found"}}`, "unavailable"},
	"rejected by the user":              {`{"jsonrpc":"2.0","id":%s,"error":{"code":-1,"message":"User rejected"}}`, "cancelled"},
	"an internal error":                 {`{"jsonrpc":"2.0","id":%s,"error":{"code":-32603,"message":"no window"}}`, "cancelled"},
	"invalid params":                    {`{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"no schema"}}`, "cancelled"},
	"a timeout of the client":           {`{"jsonrpc":"2.0","id":%s,"error":{"code":-32001,"message":"Request timed out"}}`, "cancelled"},
	"code 0":                            {`{"jsonrpc":"2.0","id":%s,"error":{"code":0,"message":"accept"}}`, "cancelled"},
	"code 32601":                        {`{"jsonrpc":"2.0","id":%s,"error":{"code":32601,"message":"Method not found"}}`, "cancelled"},
	"the code as a text":                {`{"jsonrpc":"2.0","id":%s,"error":{"code":"-32601","message":"Method not found"}}`, "cancelled"},
	"no code":                           {`{"jsonrpc":"2.0","id":%s,"error":{"message":"Method not found"}}`, "cancelled"},
	"two codes":                         {`{"jsonrpc":"2.0","id":%s,"error":{"code":-1,"code":-32601,"message":"Method not found"}}`, "cancelled"},
	"an error that is a text":           {`{"jsonrpc":"2.0","id":%s,"error":"Method not found"}`, "cancelled"},
	"an error that is a number":         {`{"jsonrpc":"2.0","id":%s,"error":-32601}`, "cancelled"},
	"an error that is null":             {`{"jsonrpc":"2.0","id":%s,"error":null}`, "cancelled"},
	"an empty error":                    {`{"jsonrpc":"2.0","id":%s,"error":{}}`, "cancelled"},
	"an error that says accept":         {`{"jsonrpc":"2.0","id":%s,"error":{"action":"accept"}}`, "cancelled"},
	"accept, and an error":              {`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept"},"error":{"code":-1,"message":"User rejected"}}`, "cancelled"},
	"accept, and method not found":      {`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept"},"error":{"code":-32601,"message":"Method not found"}}`, "cancelled"},
	"accept, and an error that is null": {`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept"},"error":null}`, "cancelled"},
	"two results":                       {`{"jsonrpc":"2.0","id":%s,"result":{"action":"decline"},"result":{"action":"accept"}}`, "cancelled"},
	"a result and a Result":             {`{"jsonrpc":"2.0","id":%s,"result":{"action":"decline"},"Result":{"action":"accept"}}`, "cancelled"},
	"a Result alone":                    {`{"jsonrpc":"2.0","id":%s,"Result":{"action":"accept"}}`, "cancelled"},
	"an action next to the result":      {`{"jsonrpc":"2.0","id":%s,"result":{},"action":"accept"}`, "cancelled"},
	"neither result nor error":          {`{"jsonrpc":"2.0","id":%s}`, "cancelled"},
	"an action for a result":            {`{"jsonrpc":"2.0","id":%s,"action":"accept"}`, "cancelled"},
	"another version of JSON-RPC":       {`{"jsonrpc":"1.0","id":%s,"result":{"action":"accept"}}`, "cancelled"},
	"no version of JSON-RPC":            {`{"id":%s,"result":{"action":"accept"}}`, "cancelled"},
	"accept, with a method":             {`{"jsonrpc":"2.0","id":%s,"method":"elicitation/create","result":{"action":"accept"}}`, "cancelled"},
}

func TestReadAnswer(t *testing.T) {
	for name, test := range answers {
		if got := readAnswer(json.RawMessage(test.result)); got != guard.Answer(test.want) {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	if n := len(answers) + len(otherAnswers); n < 40 {
		t.Errorf("only %d shapes", n)
	}
}
