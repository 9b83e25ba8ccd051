/*
 * What is evaluated when totals are written, and by which functions.
 *
 * An expression is settled when all it calls are immutable functions in C: neither
 * the search path nor anything else of a session has a say in them, and only a
 * superuser can make one.  What is made of such an expression can be kept until a
 * relation or a function changes.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "accumulate.h"

static bool
is_unsettled_function(Oid function, void *context pg_attribute_unused())
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc form;
	bool settled;

	if (!HeapTupleIsValid(tuple))
		return true;
	form = (Form_pg_proc) GETSTRUCT(tuple);
	settled = form->provolatile == PROVOLATILE_IMMUTABLE && !form->prosecdef &&
		(form->prolang == INTERNALlanguageId || form->prolang == ClanguageId) &&
		heap_attisnull(tuple, Anum_pg_proc_proconfig, NULL);
	ReleaseSysCache(tuple);
	return !settled;
}

/* A function of arrays, ranges or rows calls those of their elements. */
static bool
takes_elements(List *arguments)
{
	ListCell *cell;

	foreach (cell, arguments)
	{
		Oid type = exprType(lfirst(cell));
		char kind = get_typtype(type);

		if ((kind != TYPTYPE_BASE && kind != TYPTYPE_ENUM) ||
			OidIsValid(get_element_type(type)))
			return true;
	}
	return false;
}

static bool
is_unsettled(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_List:
		case T_Var:
		case T_Const:
		case T_RelabelType:
		case T_BoolExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_CoalesceExpr:
		case T_CaseExpr:
		case T_CaseWhen:
		case T_CaseTestExpr:
		case T_CoerceViaIO:
		case T_ScalarArrayOpExpr:
			break;
		case T_FuncExpr:
			if (takes_elements(castNode(FuncExpr, node)->args))
				return true;
			break;
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			if (takes_elements(((OpExpr *) node)->args))
				return true;
			break;
		default:
			return true;
	}
	return check_functions_in_node(node, is_unsettled_function, context) ||
		expression_tree_walker(node, is_unsettled, context);
}

static bool
is_settled(const char *expression)
{
	return !is_unsettled(stringToNode(expression), NULL);
}

/* A domain has a default and constraints of its own. */
static bool
types_are_settled(TupleDesc columns)
{
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (!column->attisdropped &&
			get_typtype(column->atttypid) == TYPTYPE_DOMAIN)
			return false;
	}
	return true;
}

static bool
constraints_are_settled(const TupleConstr *constraints)
{
	if (constraints == NULL)
		return true;
	for (int i = 0; i < constraints->num_check; i++)
		if (!is_settled(constraints->check[i].ccbin))
			return false;
	for (int i = 0; i < constraints->num_defval; i++)
		if (!is_settled(constraints->defval[i].adbin))
			return false;
	return true;
}

/* Other indexes than btrees keep state of their own while they are open. */
static bool
index_is_settled(Oid oid)
{
	Relation index = index_open(oid, AccessShareLock);
	bool settled = index->rd_rel->relam == BTREE_AM_OID &&
		heap_attisnull(index->rd_indextuple, Anum_pg_index_indexprs, NULL) &&
		heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL);

	index_close(index, NoLock);
	return settled;
}

static bool
indexes_are_settled(Relation table)
{
	List *indexes = RelationGetIndexList(table);
	ListCell *cell;
	bool settled = true;

	foreach (cell, indexes)
		settled &= index_is_settled(lfirst_oid(cell));
	list_free(indexes);
	return settled;
}

static bool
conditions_are_settled(const TriggerDesc *triggers)
{
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		if (TRIGGER_FOR_ROW(triggers->triggers[i].tgtype) &&
			triggers->triggers[i].tgqual != NULL &&
			!is_settled(triggers->triggers[i].tgqual))
			return false;
	return true;
}

static bool
sets_search_path(HeapTuple function)
{
	bool is_null;
	Datum settings = SysCacheGetAttr(PROCOID, function, Anum_pg_proc_proconfig,
									 &is_null);
	Datum *items;
	int n;

	if (is_null)
		return false;
	deconstruct_array(DatumGetArrayTypeP(settings), TEXTOID, -1, false,
					  TYPALIGN_INT, &items, NULL, &n);
	for (int i = 0; i < n; i++)
		if (strncmp(TextDatumGetCString(items[i]),
					"search_path=", strlen("search_path=")) == 0)
			return true;
	return false;
}

/* Those of the server, as for foreign keys, qualify all names. */
static bool
function_finds_names(Oid oid)
{
	HeapTuple function = SearchSysCache1(PROCOID, ObjectIdGetDatum(oid));
	bool finds;

	if (!HeapTupleIsValid(function))
		return false;
	finds = ((Form_pg_proc) GETSTRUCT(function))->prolang ==
			INTERNALlanguageId ||
		sets_search_path(function);
	ReleaseSysCache(function);
	return finds;
}

static bool
triggers_find_names(const TriggerDesc *triggers)
{
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		if (TRIGGER_FOR_ROW(triggers->triggers[i].tgtype) &&
			!function_finds_names(triggers->triggers[i].tgfoid))
			return false;
	return true;
}

/* Sees what writing the table evaluates, unless nothing has changed since. */
void
accumulate_examine(Target *target, Relation table)
{
	uint64 changes = accumulate_changes();
	const TriggerDesc *triggers;

	if (target->examined == changes)
		return;

	/* A copy: a look-up may let go of that of the relation cache. */
	triggers = CopyTriggerDesc(table->trigdesc);
	target->settled = table->rd_rel->relkind == RELKIND_RELATION &&
		!table->rd_rel->relispartition &&
		types_are_settled(RelationGetDescr(table)) &&
		constraints_are_settled(RelationGetDescr(table)->constr) &&
		indexes_are_settled(table) && conditions_are_settled(triggers);
	target->finds_names = target->settled && triggers_find_names(triggers);
	target->examined = changes;
}
