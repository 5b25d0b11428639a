//! The description of the interface in the form of `OpenAPI`, made from the table of routes.

use serde_json::{Map, Value as Json, json};

use super::reply::{JSON, Reply};
use super::route::Route;

/// Answers with the description of these routes.
pub(super) fn document(routes: &[Route]) -> Reply {
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_lowercase()] = operation(route);
    }
    Reply::json(&json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hpo server",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Studies of hyperparameter searches: ask, report and tell.",
        },
        "security": [{ "token": [] }, {}],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Problem": problem() },
        },
    }))
}

fn operation(route: &Route) -> Json {
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": {
            "200": { "description": "done", "content": { route.content.0: {
                "schema": schema(route.content.1)
            } } },
            "default": { "description": "not done: what is wrong, and what to do", "content": {
                JSON: { "schema": { "$ref": "#/components/schemas/Problem" } }
            } },
        },
    });
    if !route.body.is_empty() {
        operation["requestBody"] =
            json!({ "required": true, "content": { JSON: { "schema": schema(route.body) } } });
    }
    operation
}

fn parameters(route: &Route) -> Json {
    let names = route.path.split(['{', '}']).skip(1).step_by(2);
    let within = names.map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    let after = route.query.iter().map(|(name, meaning)| {
        json!({
            "name": name, "in": "query", "description": meaning, "schema": { "type": "string" }
        })
    });
    within.chain(after).collect()
}

/// Returns a schema of the table; any value for an empty one.
fn schema(text: &str) -> Json {
    if text.is_empty() { json!({}) } else { serde_json::from_str(text).unwrap_or_default() }
}

fn problem() -> Json {
    json!({
        "type": "object",
        "required": ["error", "remedy"],
        "properties": { "error": { "type": "string" }, "remedy": { "type": "string" } },
    })
}

#[cfg(test)]
mod tests {
    use super::super::routes::ROUTES;
    use super::*;

    #[test]
    fn every_schema_of_the_table_is_json() {
        for route in ROUTES {
            for text in [route.body, route.content.1].into_iter().filter(|text| !text.is_empty()) {
                let parsed = serde_json::from_str::<Json>(text);
                assert!(parsed.is_ok_and(|json| json.is_object()), "{}: {text}", route.name);
            }
        }
    }
}
