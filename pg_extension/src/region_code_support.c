/*
 * Planner support of region_code: containment as a condition that an index
 * answers exactly.
 *
 * What lies in a division is a range of codes; what a division lies in is a
 * list of at most five.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/*
 * A function of ours on a division: its value where the planner can know it.
 * Whoever asks, maybe by somebody's view, needs no rights on our schema.
 */
static Expr *
apply(SupportRequestIndexCondition *request, const char *name, Node *division,
	  Oid result)
{
	Oid schema = get_func_namespace(request->funcid);
	Oid type = exprType(division);
	Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
								   CStringGetDatum(name),
								   PointerGetDatum(buildoidvector(&type, 1)),
								   ObjectIdGetDatum(schema));
	FuncExpr *expression;

	if (!OidIsValid(function))
		elog(ERROR, "function %s is missing", name);

	expression = makeFuncExpr(function, result, list_make1(division),
							  InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);

	return (Expr *) eval_const_expressions(request->root, (Node *) expression);
}

/* code >= division AND code <= the last code in it */
static List *
range_condition(SupportRequestIndexCondition *request, Expr *code,
				Node *division)
{
	Oid type = exprType(division);
	Oid at_least = get_opfamily_member(request->opfamily, type, type,
									   BTGreaterEqualStrategyNumber);
	Oid at_most = get_opfamily_member(request->opfamily, type, type,
									  BTLessEqualStrategyNumber);

	/* brin numbers its strategies as btree does */
	if ((request->index->relam != BTREE_AM_OID &&
		 request->index->relam != BRIN_AM_OID) ||
		!OidIsValid(at_least) || !OidIsValid(at_most))
		return NIL;

	return list_make2(make_opclause(at_least, BOOLOID, false, code,
									(Expr *) division, InvalidOid, InvalidOid),
					  make_opclause(at_most, BOOLOID, false, code,
									apply(request, "region_code_last", division,
										  type),
									InvalidOid, InvalidOid));
}

/* code = ANY (the divisions that this one lies in) */
static List *
list_condition(SupportRequestIndexCondition *request, Expr *code,
			   Node *division)
{
	Oid type = exprType(division);
	Oid equal = get_opfamily_member(request->opfamily, type, type,
									BTEqualStrategyNumber);
	ScalarArrayOpExpr *any;

	/*
	 * Of a list on a later column the planner would not know, before 17, that
	 * the rows do not come in the order of the index.
	 */
	if (request->index->relam != BTREE_AM_OID || request->indexcol > 0 ||
		!OidIsValid(equal))
		return NIL;

	any = makeNode(ScalarArrayOpExpr);
	any->opno = equal;
	any->opfuncid = get_opcode(equal);
	any->useOr = true;
	any->args = list_make2(code,
						   apply(request, "lineage", division,
								 get_array_type(type)));
	any->location = -1;

	return list_make1(any);
}

/*
 * Which side of a containment the index has, and which function it calls,
 * says what is asked: divisions in the other side or divisions around it.
 */
static Datum
containment_support(FunctionCallInfo fcinfo, int inner)
{
	Node *node = (Node *) PG_GETARG_POINTER(0);
	SupportRequestIndexCondition *request;
	List *condition;
	List *args;
	Node *code;
	Node *other;

	if (!IsA(node, SupportRequestIndexCondition))
		PG_RETURN_POINTER(NULL);

	request = (SupportRequestIndexCondition *) node;
	if (is_opclause(request->node))
		args = ((OpExpr *) request->node)->args;
	else if (is_funcclause(request->node))
		args = ((FuncExpr *) request->node)->args;
	else
		PG_RETURN_POINTER(NULL);

	code = list_nth(args, request->indexarg);
	other = list_nth(args, 1 - request->indexarg);
	if (!is_pseudo_constant_for_index(request->root, other, request->index))
		PG_RETURN_POINTER(NULL);

	if (request->indexarg == inner)
		condition = range_condition(request, (Expr *) code, other);
	else
		condition = list_condition(request, (Expr *) code, other);
	request->lossy = false;

	PG_RETURN_POINTER(condition);
}

PG_FUNCTION_INFO_V1(region_code_contained_support);
Datum
region_code_contained_support(PG_FUNCTION_ARGS)
{
	return containment_support(fcinfo, 0);
}

PG_FUNCTION_INFO_V1(region_code_contains_support);
Datum
region_code_contains_support(PG_FUNCTION_ARGS)
{
	return containment_support(fcinfo, 1);
}
