//! What can be done with users and roles.

use cynic::MutationBuilder;

use super::{Role, UserName};
use crate::api::schema;
use crate::api::transport::{ApiError, send};

#[derive(cynic::QueryVariables)]
struct NameVariables {
    name: String,
}

#[derive(cynic::QueryVariables)]
struct ListVariables {
    name: String,
    list: Vec<String>,
}

#[derive(cynic::QueryVariables)]
struct PasswordVariables {
    name: String,
    password: String,
}

#[derive(cynic::QueryVariables)]
struct CreateVariables {
    name: String,
    password: String,
    roles: Vec<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Role")]
struct RoleName {
    #[expect(dead_code, reason = "an answer has at least one field")]
    name: String,
}

macro_rules! mutation {
    ($name:ident($variables:literal) $field:ident($($arguments:tt)*): $of:ty) => {
        #[derive(cynic::QueryFragment)]
        #[cynic(graphql_type = "Mutation", variables = $variables)]
        struct $name {
            #[arguments($($arguments)*)]
            #[expect(dead_code, reason = "that there is an answer says that it is done")]
            $field: $of,
        }
    };
}

mutation!(Create("CreateVariables") create_user(name: $name, password: $password, roles: $roles): UserName);
mutation!(Update("ListVariables") update_user(name: $name, roles: $list): UserName);
mutation!(Disable("NameVariables") disable_user(name: $name): UserName);
mutation!(Enable("NameVariables") enable_user(name: $name): UserName);
mutation!(Password("PasswordVariables") set_password(user: $name, password: $password): UserName);
mutation!(CreateRole("ListVariables") create_role(name: $name, permissions: $list): RoleName);
mutation!(UpdateRole("ListVariables") update_role(name: $name, permissions: $list): RoleName);
mutation!(DeleteRole("NameVariables") delete_role(name: $name): bool);

/// Makes a user.
pub async fn create(name: String, password: String, roles: Vec<String>) -> Result<(), ApiError> {
    let variables = CreateVariables {
        name,
        password,
        roles,
    };
    send(Create::build(variables)).await.map(|_| ())
}

/// Gives a user these roles in place of the ones before.
pub async fn set_roles(name: String, list: Vec<String>) -> Result<(), ApiError> {
    let variables = ListVariables { name, list };
    send(Update::build(variables)).await.map(|_| ())
}

/// Keeps a user from signing in, or lets the user again.
pub async fn set_disabled(name: String, disabled: bool) -> Result<(), ApiError> {
    let variables = NameVariables { name };
    match disabled {
        true => send(Disable::build(variables)).await.map(|_| ()),
        false => send(Enable::build(variables)).await.map(|_| ()),
    }
}

/// Gives a user another password.
pub async fn set_password(name: String, password: String) -> Result<(), ApiError> {
    let variables = PasswordVariables { name, password };
    send(Password::build(variables)).await.map(|_| ())
}

/// Makes a role, or gives the one there is (`known`) other permissions.
pub async fn save_role(known: bool, name: String, list: Vec<String>) -> Result<(), ApiError> {
    let variables = ListVariables { name, list };
    match known {
        true => send(UpdateRole::build(variables)).await.map(|_| ()),
        false => send(CreateRole::build(variables)).await.map(|_| ()),
    }
}

/// Deletes a role.
pub async fn delete_role(role: Role) -> Result<(), ApiError> {
    let variables = NameVariables { name: role.name };
    send(DeleteRole::build(variables)).await.map(|_| ())
}
