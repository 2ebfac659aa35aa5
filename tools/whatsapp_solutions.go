package tools

import (
	"fmt"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// failedSolutions reads the failures in an answer whose status is a success (solutions
// are created with 201 and failedSolutions): each is a warning, and it is an error
// where none was created.
func failedSolutions(answer any) (warnings []string, failed *Error) {
	failures, _ := papi.AnswerSecrets.Mask(jsonvalue.Field(answer, "failedSolutions")).([]any) // people wrote parts of it
	for i, f := range failures {
		warnings = append(warnings, fmt.Sprintf("failedSolutions[%d]: partner app %v: %v %v", i,
			jsonvalue.Field(f, "partnerAppId"), jsonvalue.Field(f, "errorCode"), jsonvalue.Field(f, "errorMessage")))
	}
	if len(failures) == 0 || len(jsonvalue.List(answer, "solutions")) > 0 {
		return warnings, nil
	}
	return warnings, &Error{
		Code:    errorcode.NothingCreated,
		Message: "the API accepted the request, and none of the solutions was created",
		Info:    map[string]any{"failedSolutions": failures},
	}
}
