package tools

import (
	"fmt"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
)

// partly looks at an answer that reports failures although its status is a
// success: each failure is a warning, and all failing is an error. (A created
// solution is answered with 201 and failedSolutions.)
func partly(answer any) (warnings []string, failed *Error) {
	shown, _ := shape(jsonvalue.Field(answer, "failedSolutions"), callOptions{full: true}, nil) // people wrote parts of it
	failures, _ := shown.([]any)
	for i, f := range failures {
		warnings = append(warnings, fmt.Sprintf("failedSolutions[%d]: partner app %v: %v %v", i,
			jsonvalue.Field(f, "partnerAppId"), jsonvalue.Field(f, "errorCode"), jsonvalue.Field(f, "errorMessage")))
	}
	made, _ := jsonvalue.Field(answer, "solutions").([]any)
	if len(failures) == 0 || len(made) > 0 {
		return warnings, nil
	}
	return warnings, &Error{
		Code:    errorcode.NothingCreated,
		Message: "the API accepted the request, and none of the solutions was created",
		Info:    map[string]any{"failedSolutions": failures},
	}
}
