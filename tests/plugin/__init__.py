"""What people see of the plugin: each test runs pytest in a project of its own."""
