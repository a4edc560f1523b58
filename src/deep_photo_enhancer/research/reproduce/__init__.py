"""The paper's tables and Figure 3 on your own data: `dpe reproduce`."""
